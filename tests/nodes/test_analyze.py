"""The verdict: from rules alone, and from a model's judgement beside them."""

from __future__ import annotations

from graph_agent.records import Attempt, ErrorRecord, ExecutionRecord, Finding
from nodes.analyze import Judgement, by_model, by_rules, needs_model

DECISIVE = Finding(rule="no_figure", message="No figure was made.", decisive=True)
NOTE = Finding(rule="note", message="It took long.", decisive=False)
ERROR = ErrorRecord(name="KeyError", message="'b'", traceback="…", line=3)
FAILED = Attempt(number=1, code="x", execution=ExecutionRecord(outcome="error", error=ERROR))
RAN = Attempt(number=1, code="x", execution=ExecutionRecord(outcome="ok"))


def test_rules_alone() -> None:
    assert by_rules(RAN, []).success
    noted = by_rules(RAN, [NOTE])
    assert noted.success
    assert "It took long." in noted.explanation
    failed = by_rules(FAILED, [DECISIVE])
    assert (failed.success, failed.should_retry) == (False, True)
    assert failed.plan == "Change line 3 so that it no longer raises KeyError."


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
    assert needs_model(RAN, {"request": "r"})
    assert needs_model(FAILED, {"request": "r", "checks": "assert x"})
    assert not needs_model(RAN, {"request": "r", "checks": "assert x"})
    assert not needs_model(Attempt(number=1, code="", problem="no code"), {"request": "r"})
