"""The verdict: by rules alone, or by rules and a model's judgement."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from graph_agent.context import RunView
from graph_agent.models import CallLog, run_steps
from graph_agent.prompts.analysis import Judgement
from graph_agent.records import Attempt, ErrorRecord, ExecutionRecord, Finding
from graph_agent.state import AgentState
from nodes.analyze import analyze, by_model, by_rules, needs_model
from nodes.dependencies import Dependencies
from sandbox import VariableStore
from tests.benchmarks.instant import InstantSandbox
from tests.scripted_model import ScriptedModel

DECISIVE = Finding(rule="no_figure", message="No figure was made.", decisive=True)
NOTE = Finding(rule="note", message="It took long.", decisive=False)
ERROR = ErrorRecord(name="KeyError", message="'b'", traceback="…", line=3)
FAILED = Attempt(number=1, code="x", execution=ExecutionRecord(outcome="error", error=ERROR))
RAN_WELL = Attempt(number=1, code="x = 1", execution=ExecutionRecord(outcome="ok", stdout="1\n"))
RAN = Attempt(number=1, code="x", execution=ExecutionRecord(outcome="ok"))


def test_rules_alone() -> None:
    assert by_rules(RAN, []).success
    noted = by_rules(RAN, [NOTE])
    assert noted.success
    assert "It took long." in noted.explanation
    failed = by_rules(FAILED, [DECISIVE])
    assert (failed.success, failed.should_retry) == (False, True)
    assert failed.plan == "Change line 3 so that it no longer raises KeyError."


def test_the_plan_says_what_usually_helps() -> None:
    state: AgentState = {"summaries": [{"name": "df", "columns": ["total_b", "day"]}]}
    plan = by_rules(FAILED, [DECISIVE], state=state).plan
    assert plan.startswith("Change line 3")
    assert plan.endswith("The columns most like it are 'total_b'.")


def test_who_judged() -> None:
    assert by_rules(RAN, []).judged_by == "nobody"
    assert by_rules(RAN, [], checked=True).judged_by == "checks"
    assert by_rules(FAILED, [DECISIVE]).judged_by == "rules"
    wrong = Finding(rule="checks", message="The checks failed.", decisive=True)
    assert by_rules(RAN, [wrong]).judged_by == "checks"
    yes = Judgement(success=True)
    assert by_model(yes, [NOTE]).judged_by == "model"
    assert by_model(yes, [DECISIVE]).judged_by == "rules"


def test_a_terse_judgement_is_enough() -> None:
    assert by_model(Judgement.model_validate({"success": True}), []).success
    failed = by_model(Judgement.model_validate({"success": False, "plan": None}), [])
    assert (failed.success, failed.should_retry, failed.plan) == (False, True, "")


def test_a_decisive_finding_outweighs_the_models_success() -> None:
    judged = by_model(Judgement(success=True, should_retry=False, explanation="Fine."), [DECISIVE])
    assert (judged.success, judged.should_retry) == (False, True)
    assert judged.explanation == "Fine. No figure was made."
    assert judged.plan == "No figure was made."


def test_should_retry_false_is_kept() -> None:
    judged = by_model(Judgement(success=False, should_retry=False, explanation="No such data."), [])
    assert (judged.success, judged.should_retry) == (False, False)


def test_when_the_model_is_asked() -> None:
    def needed(attempt: Attempt, **state: Any) -> bool:
        return needs_model(RunView({"attempts": [attempt.to_state()], **state}))  # type: ignore[typeddict-item]  # keys of AgentState

    checks = "assert x"
    assert needed(RAN)
    assert needed(FAILED, checks=checks)
    assert needed(RAN, checks=checks, skip_rules=["checks"])
    assert not needed(RAN, checks=checks)
    assert not needed(Attempt(number=1, code="", problem="no code"))


def judged(tmp_path: Any, *answers: str) -> dict[str, Any]:
    model = ScriptedModel(verdicts=list(answers))
    dependencies = Dependencies(
        client=lambda _: model,
        sandbox=InstantSandbox(),  # type: ignore[arg-type]  # nothing stops it
        store=VariableStore(tmp_path),
        calls=CallLog(tmp_path / "calls"),
    )
    state: Any = {"request": "Add it up", "attempts": [RAN_WELL.to_state()]}
    update = run_steps(analyze(state, RunnableConfig(), Runtime(), dependencies=dependencies))
    analysis: dict[str, Any] = update["attempts"][-1]["analysis"]
    assert update["usage"]["analyze"]["calls"] == len(answers)
    return analysis


def test_a_malformed_no_does_not_become_a_success(tmp_path: Any) -> None:
    refused = judged(tmp_path, "No. It is the sum of another column.")
    assert (refused["success"], refused["should_retry"]) == (False, True)
    assert "another column" in refused["explanation"]


@pytest.mark.parametrize(
    "text",
    [
        '{"success": false, "explanation": "C:\\data is empty",}',
        "{'success': False, 'explanation': 'the mean is off', 'plan': None}",
        'Mine: {"success": false, "explanation": "the "sum" is off", "x": {"success": true}}',
        "{success: no, explanation: wrong column}",
        (
            '{"success": false, "explanation": "off", "plan": "mean"}\n'
            'In the form {"success": bool, "should_retry": bool, "explanation": str, "plan": str}'
        ),
        (
            '{"success": false, "explanation": "off", "plan": "mean"}, for example'
            ' {"success": true, "explanation": "fine", "plan": ""}'
        ),
    ],
)
def test_a_malformed_no_is_repaired(tmp_path: Any, text: str) -> None:
    refused = judged(tmp_path, text)
    assert (refused["success"], refused["judged_by"]) == (False, "model")


def test_an_unreadable_judgement_is_asked_for_once_more(tmp_path: Any) -> None:
    said = "I have looked at it."
    refused = judged(tmp_path, said, '{"success": false, "explanation": "Off."}')
    assert (refused["success"], refused["judged_by"]) == (False, "model")
    unreadable = judged(tmp_path / "other", said, said)
    assert (unreadable["success"], unreadable["judged_by"]) == (True, "nobody")
