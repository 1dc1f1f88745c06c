"""Several programs for one request, through the whole graph and real containers."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent import CodeGenerationRequest, build_graph
from graph_agent.errors import RequestError
from graph_agent.records import Attempt
from graph_agent.results.result import result_from
from nodes.candidates.voting import elected
from sandbox import VariableStore
from tests.one_container import OneContainer
from tests.scripted_model import ScriptedModel, fenced

pytestmark = pytest.mark.docker


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


class NoJudge(ScriptedModel):
    """Writes code from a script; like the local model it isn't asked for judgements."""

    @property
    def _llm_type(self) -> str:
        return "codegen-agent-local"


@pytest.fixture
def store(tmp_path: Any) -> VariableStore:
    return VariableStore(tmp_path / "variables")


def run(
    sandbox: OneContainer, store: VariableStore, programs: list[str], **request: Any
) -> tuple[dict[str, Any], ScriptedModel]:
    """Run a request with these programs as the model's answers, judged by nobody."""
    model = NoJudge(codes=[fenced(program) for program in programs])
    graph = build_graph(model, sandbox=sandbox, store=store)
    attempts = request.pop("max_attempts", 1)
    given = CodeGenerationRequest("What is the answer?", returns=["answer"], **request)
    return dict(graph.invoke(given.to_input(store, attempts))), model


def test_the_answer_of_most_programs_wins(sandbox: OneContainer, store: VariableStore) -> None:
    programs = ["answer = 41", "answer = 42", "answer = 21 * 2", "answer = 0"]
    output, model = run(sandbox, store, programs, candidates=4)
    result = result_from(output, store, "t")
    assert result.success
    assert (result.answer, result.agreement) == (42, (2, 4))
    [attempt] = result.attempts
    assert attempt.analysis is not None
    assert attempt.analysis.judged_by == "agreement"
    assert len(attempt.others) == 3
    assert "**Agreement:** 2 of 4" in result.transcript
    assert "41" in result.transcript
    assert len(model.seen) == 4
    assert len({model.prompt(index) for index in range(4)}) == 1


def test_it_stops_as_soon_as_enough_agree(sandbox: OneContainer, store: VariableStore) -> None:
    output, model = run(sandbox, store, ["answer = 42", "answer = 42.0"], candidates=3)
    assert result_from(output, store, "t").agreement == (2, 2)
    assert len(model.seen) == 2


def test_programs_that_fail_do_not_count(sandbox: OneContainer, store: VariableStore) -> None:
    programs = ["answer = 1 / 0", "x = (", "answer = 42", "answer = 42", "other = 1"]
    output, _ = run(sandbox, store, programs, candidates=5)
    result = result_from(output, store, "t")
    assert (result.success, result.answer, result.agreement) == (True, 42, (2, 5))


def test_without_a_majority_the_next_attempt_is_used(
    sandbox: OneContainer, store: VariableStore
) -> None:
    programs = ["answer = 1", "answer = 2", "answer = 3", "answer = 3"]
    output, model = run(sandbox, store, programs, candidates=2, max_attempts=2)
    result = result_from(output, store, "t")
    first, second = result.attempts
    assert first.analysis is not None
    assert (first.analysis.success, first.analysis.judged_by) == (False, "agreement")
    assert first.agreement is not None
    assert (result.success, result.answer, result.agreement) == (True, 3, (2, 2))
    assert second.number == 2
    assert "don't agree" in model.prompt(2)


def test_checks_that_pass_decide_at_once(sandbox: OneContainer, store: VariableStore) -> None:
    programs = ["answer = 41", "answer = 42"]
    output, model = run(sandbox, store, programs, candidates=5, checks="assert answer == 42")
    result = result_from(output, store, "t")
    assert (result.success, result.answer) == (True, 42)
    assert result.attempts[0].analysis is not None
    assert result.attempts[0].analysis.judged_by == "checks"
    assert len(model.seen) == 2


def test_a_limit_on_calls_ends_the_vote(sandbox: OneContainer, store: VariableStore) -> None:
    programs = ["answer = 1", "answer = 2"]
    output, model = run(sandbox, store, programs, candidates=9, budget={"model_calls": 2})
    assert len(model.seen) == 2
    assert output["attempts"][0]["agreement"] == {"agreeing": 1, "run": 2}


@pytest.mark.parametrize("count", [0, -1, 51, 1.5, True, "3"])
def test_an_impossible_number_is_refused(count: Any) -> None:
    with pytest.raises(RequestError, match="candidates"):
        CodeGenerationRequest("Go", candidates=count)


def test_one_program_has_no_vote() -> None:
    attempt = Attempt(number=1, code="x")
    assert elected(attempt) is attempt
