"""Ask a person before code runs, if the request wants that."""

from __future__ import annotations

import difflib

from langgraph.types import interrupt

from graph_agent.context import RunView
from graph_agent.errors import RequestError
from graph_agent.records import ApprovalAnswer, ApprovalRequest, Attempt, Review
from nodes.approval.risks import risks


def reviewed(view: RunView) -> Attempt:
    """Ask a person about the last attempt, if it looks risky or all are asked about; return it.

    An attempt that may not run has a ``problem``. After an answer that makes no
    sense the run still waits, and says what was wrong with the answer.
    """
    last = view.last
    found = risks(last.code)
    if view.state.get("approve") == "risky" and not found:
        return last
    reasons = [f"line {risk.line}: {risk.message}" for risk in found]
    asked = approval_request(view.attempts, reasons)
    while True:
        # The schema is for forms. If it were the class, LangGraph would keep the answer it
        # refuses, and refuse it again each time the run is resumed without another answer.
        answer = interrupt(asked.to_state(), response_schema=ApprovalAnswer.model_json_schema())
        try:
            return _after(last, ApprovalAnswer.read(answer))
        except RequestError as error:
            asked = asked.model_copy(update={"problem": str(error)})


def approval_request(attempts: list[Attempt], reasons: list[str]) -> ApprovalRequest:
    """Describe what a person is asked about."""
    last = attempts[-1]
    before = attempts[-2].code if len(attempts) > 1 else ""
    diff = difflib.unified_diff(
        before.splitlines(),
        last.code.splitlines(),
        f"attempt {last.number - 1}",
        f"attempt {last.number}",
        lineterm="",
    )
    return ApprovalRequest(
        attempt=last.number,
        code=last.code,
        diff="\n".join(diff) if before else "",
        reasons=reasons or ["every run needs approval"],
    )


def _after(last: Attempt, answer: ApprovalAnswer) -> Attempt:
    words = answer.words.strip()
    if answer.decision == "reject":
        said = f": {words.rstrip('.')}" if words else ", without saying why"
        return last.model_copy(
            update={
                "problem": f"a person rejected the code{said}",
                "problem_kind": "rejected",
                "review": Review(decision="reject", words=words),
            }
        )
    if answer.decision == "edit" and answer.code != last.code:
        review = Review(decision="edit", words=words, written=last.code)
        return last.model_copy(update={"code": answer.code, "review": review})
    return last.model_copy(update={"review": Review(decision="approve", words=words)})
