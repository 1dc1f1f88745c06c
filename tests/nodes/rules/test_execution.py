"""The rules on how a run ended: what each must find and must not."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.context import RunView
from graph_agent.records import (
    Attempt,
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    FileReference,
    ValueReference,
)
from nodes.rules import apply_rules
from tests.nodes.rules import applying
from tests.nodes.rules.applying import findings

VALUE = ValueReference(name="x", type="int", codec="c", sha256="0", summary="x: int")
FIGURE = FigureReference(sha256="0", mime="image/png", width=1, height=1)
FILE = FileReference(name="clean.xlsx", sha256="0", size=1)
ERROR = ErrorRecord(name="KeyError", message="'day'", traceback="…", line=3)


def rules(state: dict[str, Any] | None = None, **execution: Any) -> list[str]:
    record = ExecutionRecord(outcome=execution.pop("outcome", "ok"), **execution)
    return applying.rules(Attempt(number=1, code="x", execution=record), **(state or {}))


def test_a_good_run_has_no_finding() -> None:
    assert rules(variables=[VALUE]) == []
    assert rules(stdout="42\n") == []
    assert rules(display_text="42") == []
    assert rules(files=[FILE]) == []


def test_a_warning_is_not_a_finding() -> None:
    assert rules(variables=[VALUE], stderr="FutureWarning: observed=False is deprecated") == []


def test_each_rule_finds_something() -> None:
    assert rules(outcome="error", error=ERROR) == ["outcome"]
    assert rules(outcome="timeout", detail="still running after 60 s") == ["outcome"]
    assert rules(variables=[VALUE], check_error=ERROR) == ["checks"]
    assert rules({"returns": ["x", "y"]}, variables=[VALUE]) == ["missing_return"]
    assert rules({"request": "Plot it"}, variables=[VALUE]) == ["no_figure"]
    assert rules({"request": "Plot it"}, figures=[FIGURE]) == []
    assert rules() == ["empty_result"]


def test_the_message_of_an_error_names_its_line() -> None:
    record = ExecutionRecord(outcome="error", error=ERROR)
    found = findings(Attempt(number=1, code="x", execution=record))
    assert found[0].message == "The code raised KeyError in line 3: 'day'."
    assert found[0].decisive


def test_code_that_was_not_run_has_only_that_finding() -> None:
    broken = Attempt(number=1, code="x (", problem="the code does not parse")
    assert applying.rules(broken, request="plot") == ["not_run"]


def test_a_word_that_may_mean_a_figure_is_not_decisive() -> None:
    record = ExecutionRecord(outcome="ok", variables=[VALUE])
    [found] = findings(
        Attempt(number=1, code="x", execution=record), request="The sales figures per month"
    )
    assert (found.rule, found.decisive) == ("no_figure", False)


def test_code_that_draws_only_sometimes_is_not_decisive() -> None:
    code = "if len(table) > 99:\n    sns.heatmap(table)"
    record = ExecutionRecord(outcome="ok", variables=[VALUE])
    [found] = findings(Attempt(number=1, code=code, execution=record), request="Draw a heatmap")
    assert (found.rule, found.decisive) == ("no_figure", False)
    assert "did not run" in found.message


@pytest.mark.parametrize("checks", ["assert x", None])
def test_passed_checks_outweigh_what_a_rule_infers(checks: str | None) -> None:
    record = ExecutionRecord(outcome="ok")
    attempt = Attempt(number=1, code="x", execution=record)
    found = findings(attempt, request="Plot it", checks=checks)
    assert [finding.rule for finding in found] == ["no_figure", "empty_result"]
    assert {finding.decisive for finding in found} == {checks is None}


def test_passed_checks_do_not_outweigh_what_happened() -> None:
    missing = ExecutionRecord(outcome="ok", variables=[VALUE])
    failed = ExecutionRecord(outcome="ok", variables=[VALUE], check_error=ERROR)
    timeout = ExecutionRecord(outcome="timeout", detail="too long")
    for record, rule in ((missing, "missing_return"), (failed, "checks"), (timeout, "outcome")):
        attempt = Attempt(number=1, code="x", execution=record)
        returns = ["y"] if rule == "missing_return" else ["x"]
        found = findings(attempt, checks="assert x", returns=returns)
        assert [(finding.rule, finding.decisive) for finding in found] == [(rule, True)]


def test_failed_checks_leave_the_other_rules_decisive() -> None:
    record = ExecutionRecord(outcome="ok", variables=[VALUE], check_error=ERROR)
    attempt = Attempt(number=1, code="x", execution=record)
    found = findings(attempt, request="Plot it", checks="assert x")
    assert {finding.decisive for finding in found} == {True}


def test_checks_that_are_off_decide_nothing() -> None:
    record = ExecutionRecord(outcome="ok", variables=[VALUE])
    attempt = Attempt(number=1, code="x", execution=record)
    [found] = findings(attempt, request="Plot it", checks="assert x", skip_rules=["checks"])
    assert found.decisive


def test_a_blank_answer_of_a_type_is_wrong_until_another_attempt_confirms_it() -> None:
    blank = VALUE.model_copy(update={"blank": "empty"})
    record = ExecutionRecord(outcome="ok", variables=[blank])
    first = Attempt(number=1, code="x", execution=record)
    typed: Any = {"returns": ["x"], "return_types": {"x": {"class": "builtins.list"}}}
    assert applying.rules(first, **typed) == ["blank_answer", "blank_result"]
    assert applying.rules(first, returns=["x"]) == ["blank_result"]
    assert applying.rules(first, max_attempts=1, **typed) == ["blank_result"]
    second = first.model_copy(update={"number": 2})
    state: Any = {**typed, "attempts": [first.to_state(), second.to_state()]}
    assert [finding.rule for finding in apply_rules(RunView(state))] == ["blank_result"]
