"""Models that answer with a suite's programs."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from graph_agent.errors import ModelUnknownError, RequestError
from graph_agent.evaluation.replay import check_replay, replay_of
from graph_agent.evaluation.suite import Suite
from graph_agent.models import profile_of
from tests.graph_agent.evaluation.small_suites import question, suite

ASKED = [HumanMessage("Add.")]
AGAIN = [*ASKED, AIMessage("```python\nanswer = 4\n```"), HumanMessage("Wrong.")]


def test_the_reference_program() -> None:
    model = replay_of("replay:reference", question("q"))
    assert model.invoke(ASKED).text == "```python\nanswer = 1 + 2\n```"
    assert model.invoke(AGAIN).text == model.invoke(ASKED).text
    assert not profile_of(model).judges


def test_a_wrong_program_first() -> None:
    model = replay_of("replay:wrong-then-reference", question("q"))
    assert "answer = 4" in model.invoke(ASKED).text
    assert "answer = 1 + 2" in model.invoke(AGAIN).text


def test_names_and_programs_are_checked_first() -> None:
    check_replay("replay:wrong-then-reference", suite())
    with pytest.raises(ModelUnknownError, match="replay:reference"):
        check_replay("replay:perfect", suite())
    no_wrong = Suite("s", (question("q", wrong=()),))
    check_replay("replay:reference", no_wrong)
    with pytest.raises(RequestError, match="no wrong"):
        check_replay("replay:wrong-then-reference", no_wrong)
    with pytest.raises(RequestError, match="no reference"):
        check_replay("replay:reference", Suite("s", (question("q", reference=None),)))
