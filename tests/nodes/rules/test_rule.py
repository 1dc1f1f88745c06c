"""The evidence that rules look at."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.context import RunView
from graph_agent.records import Attempt, ExecutionRecord
from nodes.rules.rule import Evidence


def evidence(code: str = "x = 1", outcome: Any = "ok", **state: Any) -> Evidence:
    execution = ExecutionRecord(outcome=outcome)
    attempt = Attempt(number=1, code=code, execution=execution)
    given: Any = {"attempts": [attempt.to_state()], **state}
    return Evidence(RunView(given), execution)


def test_missing_parts_of_the_state_are_empty() -> None:
    empty = evidence()
    assert (empty.request, empty.given, empty.summaries, empty.returns) == ("", {}, [], [])


def test_the_given_variables_have_types() -> None:
    assert evidence(summaries=[{"name": "n", "type": "int"}]).given == {"n": "int"}


def test_the_program_is_parsed_once() -> None:
    parsed = evidence()
    assert parsed.tree is parsed.tree
    assert len(parsed.tree.body) == 1


@pytest.mark.parametrize("code", ["x = (", "\0", "\ud800 = 1"])
def test_code_that_does_not_parse_is_an_empty_program(code: str) -> None:
    assert evidence(code).tree.body == []


def test_only_ok_ended_well() -> None:
    assert evidence().ended_well
    assert not evidence(outcome="timeout").ended_well
