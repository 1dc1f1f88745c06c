"""What code would fail at: said before it runs, and never about right programs."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from graph_agent import CodeGenerationRequest
from graph_agent.records import Attempt, ErrorRecord, ExecutionRecord
from graph_agent.state import AgentState
from graph_agent.summaries import summarize
from nodes.generate import problem_of
from nodes.rules.before_running import undefined_text, unknown_column_text
from tests.nodes.rules.applying import findings, rules
from tests.nodes.rules.case_files import Case, read_cases
from tests.nodes.rules.given import given

FRAME = pd.DataFrame({"day": ["Sun"], "total_bill": [1.0]})


def state_of(**values: Any) -> AgentState:
    summaries = [summarize(name, value).model_dump(mode="json") for name, value in values.items()]
    return {"request": "Add it up", "summaries": summaries}


@pytest.mark.parametrize(
    "case", [case for case in read_cases() if case.correct], ids=lambda case: case.title
)
def test_nothing_is_said_about_right_programs(case: Case) -> None:
    state = state_of(**{name: given(name) for name in case.given})
    assert problem_of(case.code, [], state) is None


def test_it_names_what_is_missing_and_what_is_nearest() -> None:
    state = state_of(df=FRAME)
    code = "x = df['TotalBill'].sum()"
    assert unknown_column_text(code, state) == (
        "in line 1, df has no column 'TotalBill', but 'total_bill'"
    )
    assert undefined_text("x = total\ny = df", state) == (
        "the name 'total' in line 1 is not defined; the data is in df"
    )


def test_what_is_passed_without_a_description_is_defined() -> None:
    """A follow-up below ``sample`` doesn't describe all that earlier code made."""
    given = CodeGenerationRequest("Add it up", {"df": FRAME, "made": 1}).to_input()
    state: AgentState = {**given, "summaries": []}  # type: ignore[typeddict-item]  # of a run
    assert undefined_text("x = made", state) == ""
    assert undefined_text("x = other", state)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.set_index("day"),
        FRAME.rename(columns={"day": 3}),
        FRAME.rename(columns={"day": "x" * 300}),
        pd.concat([FRAME], axis=1, keys=["a"]),
    ],
    ids=["named index", "a number as name", "a name too long to tell", "levels"],
)
def test_nothing_is_said_where_not_all_names_are_known(frame: pd.DataFrame) -> None:
    state = state_of(df=frame, values=[1], series=FRAME["day"])
    assert unknown_column_text("x = df['a']; y = values['a']; z = series['a']", state) == ""


def test_code_that_would_fail_is_not_run_unless_the_rule_is_off() -> None:
    state = state_of(df=FRAME)
    for code, kind in (("x = df['a']", "unknown_column"), ("x = missing", "undefined_name")):
        problem = problem_of(code, [], state)
        assert problem is not None
        assert problem.kind == kind
        assert problem_of(code, [], {**state, "skip_rules": [kind]}) is None
        attempt = Attempt(number=1, code=code, problem=problem.text, problem_kind=kind)
        (finding,) = findings(attempt, **state)
        assert (finding.rule, finding.decisive) == (kind, True)


def test_it_explains_a_run_that_failed_and_says_nothing_of_one_that_did_not() -> None:
    state = state_of(df=FRAME)
    error = ErrorRecord(name="KeyError", message="'a'", traceback="", line=1)
    failed = ExecutionRecord(outcome="error", error=error)
    code = "x = df['a']"
    assert rules(Attempt(number=1, code=code, execution=failed), **state) == [
        "outcome",
        "unknown_column",
    ]
    ran = ExecutionRecord(outcome="ok", stdout="1")
    assert rules(Attempt(number=1, code="x = df['a']", execution=ran), **state) == []
