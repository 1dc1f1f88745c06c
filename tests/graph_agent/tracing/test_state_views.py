"""What of the state is traced at each privacy level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from graph_agent.records import Analysis, Attempt, ErrorRecord, ExecutionRecord, Finding
from graph_agent.state import AgentState
from graph_agent.tracing.state_views import UNCHANGED, VIEWS, permitted_state
from sandbox import VariableStore

SECRET = "row00001x"
EXECUTION = ExecutionRecord(
    outcome="error",
    stdout=SECRET,
    error=ErrorRecord(name="ValueError", message=SECRET, traceback=f"ValueError: {SECRET}", line=2),
)
FOUND = f"The code raised ValueError: {SECRET}"
ANALYSIS = Analysis(
    success=False,
    should_retry=True,
    explanation=FOUND,
    plan=f"Fix this: {FOUND}",
    findings=[Finding(rule="raised", message=FOUND, decisive=True)],
)
ATTEMPT = Attempt(number=1, code="f()", execution=EXECUTION, analysis=ANALYSIS)


@pytest.mark.parametrize(("level", "shown"), [("sample", True), ("stats", False)])
def test_an_attempts_values_are_shown_only_at_sample(level: Any, shown: bool) -> None:
    (view,) = permitted_state({"attempts": [ATTEMPT.to_state()]}, level)["attempts"]
    for part in (view["execution"], *(view["analysis"][key] for key in ("explanation", "plan"))):
        assert (SECRET in part) is shown
    assert (SECRET in view["analysis"]["findings"][0]) is shown
    assert "ValueError" in view["execution"]
    assert "raised" in view["analysis"]["findings"][0]
    assert view["code"] == "f()"


def test_the_analysis_of_code_that_never_ran_is_shown() -> None:
    attempt = ATTEMPT.model_copy(update={"execution": None, "problem": "rejected"})
    (view,) = permitted_state({"attempts": [attempt.to_state()]}, "schema")["attempts"]
    assert view["problem"] == "rejected"
    assert view["analysis"]["explanation"] == FOUND


@pytest.mark.parametrize(
    ("level", "own", "shown"),
    [("sample", "sample", True), ("sample", "schema", False), ("stats", "sample", False)],
)
def test_the_stricter_of_two_levels_applies(level: Any, own: str, shown: bool) -> None:
    summary = {"name": "a", "type": "str", "text": f"a: {SECRET!r}", "level": "sample"}
    view = permitted_state({"privacy": own, "summaries": [summary]}, level)
    assert (SECRET in view["summaries"]) is shown
    assert "a" in view["summaries"]


def test_variables_and_files_are_only_named(tmp_path: Path) -> None:
    bundle = VariableStore(tmp_path).put_variables({"a": SECRET, "b": 2})
    state = {"variables": bundle.to_json(), "files": [{"name": "f", "content": SECRET}]}
    assert permitted_state(state, "sample") == {"variables": ["a", "b"], "files": ["f"]}


def test_unknown_channels_and_unreadable_values_are_left_out() -> None:
    view = permitted_state({"new": SECRET, "attempts": [{"code": 1}], "code": None}, "sample")
    assert set(view) == {"attempts"}
    assert SECRET not in str(view)
    assert permitted_state([SECRET], "sample") == {}


def test_every_channel_has_a_view() -> None:
    assert UNCHANGED | set(VIEWS) == set(AgentState.__annotations__)


@pytest.mark.parametrize(("level", "shown"), [("sample", True), ("stats", False)])
def test_the_reason_for_no_success_is_shown_only_at_sample(level: Any, shown: bool) -> None:
    assert (SECRET in permitted_state({"reason": FOUND}, level)["reason"]) is shown
    assert permitted_state({"reason": None}, level).get("reason") is None


@pytest.mark.parametrize("level", ["schema", "stats", "sample"])
def test_of_messages_only_what_people_asked_is_shown(level: Any) -> None:
    file = {"type": "file", "base64": SECRET, "filename": "a.csv"}
    given = [HumanMessage([{"type": "text", "text": "Count"}, file]), AIMessage(SECRET)]
    chat = {"reply": "r1", "seen": "m1", "variables": SECRET, "request": "Count"}
    shown = permitted_state({"messages": given, "chat": chat}, level)
    assert shown["messages"] == ["Count", "(left out)"]
    assert shown["chat"] == {"seen": "m1", "reply": "r1"}
    assert permitted_state({"messages": ("user", "Hi")}, level)["messages"] == ["Hi"]
    assert permitted_state({"messages": "Hi"}, level)["messages"] == ["Hi"]
