"""A person is asked before code runs, where the request wants it so."""

from __future__ import annotations

import ast
import difflib
from typing import Any, Literal, Self

from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from graph_agent.errors import RequestError
from graph_agent.records import ApprovalRequest, Attempt, Review
from graph_agent.state import AgentState
from nodes.risks import risks


class ApprovalAnswer(BaseModel):
    """What a person answers; a bare word or true and false will do as well."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "edit", "reject"] = Field(
        description="run the code; run other code; or do not run it and write another"
    )
    code: str = Field(default="", description="for edit: the whole program to run instead")
    words: str = Field(default="", description="what the model should know")

    @model_validator(mode="before")
    @classmethod
    def _from_a_word(cls, given: Any) -> Any:
        if isinstance(given, bool):
            return {"decision": "approve" if given else "reject"}
        return {"decision": given.strip().lower()} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.decision != "edit":
            if self.code.strip():
                raise ValueError(f"code goes with the decision 'edit', not {self.decision!r}")
            return self
        if not self.code.strip():
            raise ValueError("edit needs the code to run instead")
        try:
            tree = ast.parse(self.code)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            where = f" (line {line})" if line else ""
            reason = getattr(error, "msg", error)
            raise ValueError(f"the edited code does not parse: {reason}{where}") from None
        if not tree.body:
            raise ValueError("the edited code has no statement")
        return self

    @classmethod
    def read(cls, answer: Any) -> Self:
        """Read an answer: a word, true or false, an object's fields, or one of these.

        Raises:
            RequestError: it makes no sense; the message says what would.
        """
        try:
            return cls.model_validate(answer)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(map(str, first["loc"]))
            what = first["msg"].removeprefix("Value error, ")
            raise RequestError(
                f"the answer is unusable{f' in {field!r}' if field else ''}: {what}; answer"
                " 'approve' or 'reject', or give an object with decision (approve, edit or"
                " reject), code for edit, and words"
            ) from None


def reviewed(state: AgentState, attempts: list[Attempt]) -> Attempt:
    """Return the last attempt as it may run; asks a person first if the request wants it.

    An attempt that may not run has a ``problem``. After an answer that makes no
    sense the run still waits, and says what was wrong with it.
    """
    last, approve = attempts[-1], state.get("approve") or "never"
    if approve == "never":
        return last
    found = risks(last.code)
    if approve == "risky" and not found:
        return last
    asked = approval_request(attempts, [f"line {one.line}: {one.message}" for one in found])
    while True:
        # The schema tells forms what to offer. Were it the class, LangGraph would keep the
        # answer it refuses, and refuse it again whenever the run is taken up without another.
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
        reasons=reasons or ["every run is to be approved"],
    )


def _after(last: Attempt, answer: ApprovalAnswer) -> Attempt:
    words = answer.words.strip()
    if answer.decision == "reject":
        said = f": {words.rstrip('.')}" if words else ", without saying why"
        return last.model_copy(
            update={
                "problem": f"a person rejected the code{said}",
                "review": Review(decision="reject", words=words),
            }
        )
    if answer.decision == "edit" and answer.code != last.code:
        review = Review(decision="edit", words=words, written=last.code)
        return last.model_copy(update={"code": answer.code, "review": review})
    return last.model_copy(update={"review": Review(decision="approve", words=words)})
