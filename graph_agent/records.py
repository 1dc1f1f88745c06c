"""The leaves of the state: what an attempt was, as JSON-able records.

Pydantic reads and writes them at a node's edge; what lies in the state and in
every checkpoint is ``model_dump(mode="json")`` of them, so that any saver can
keep it and none has to trust a class name in a database.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.records import Outcome

Json = dict[str, Any]
PrivacyLevel = Literal["schema", "stats", "sample"]
Decision = Literal["retry", "done", "give_up"]
Approve = Literal["never", "risky", "always"]
"""When a person is asked before code runs; ``risky``: see :mod:`nodes.risks`."""


class Record(BaseModel):
    """Base of all records: frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_state(self) -> Json:
        """Dump to what the state holds."""
        return self.model_dump(mode="json")


class ErrorRecord(Record):
    """An exception the code raised; see :class:`sandbox.records.ExecutionError`."""

    name: str
    message: str
    traceback: str
    line: int | None = None


class ValueReference(Record):
    """A value that came back: where its bytes are, and what it looks like.

    ``blank``: it has no elements, or all that it has are missing (NaN, NaT, None).
    """

    name: str
    type: str
    codec: str
    sha256: str
    summary: str
    blank: Literal["empty", "all_missing"] | None = None


class FigureReference(Record):
    """A figure that came back; ``width`` and ``height`` in pixels.

    ``preview``: a PNG of one that is no image itself, where there is one.
    ``blank``: nothing at all is drawn in it, or axes and nothing inside any of them.
    """

    sha256: str
    mime: str
    width: int
    height: int
    preview: FigureReference | None = None
    blank: Literal["nothing", "empty_axes"] | None = None


class ExecutionRecord(Record):
    """One run, its values and figures by reference."""

    outcome: Outcome
    detail: str = ""
    stdout: str = ""
    stderr: str = ""
    error: ErrorRecord | None = None
    check_error: ErrorRecord | None = None
    variables: list[ValueReference] = Field(default_factory=list)
    withheld: dict[str, str] = Field(default_factory=dict)
    figures: list[FigureReference] = Field(default_factory=list)
    display: ValueReference | None = None
    display_text: str = ""
    changed_inputs: list[str] = Field(default_factory=list)
    duration_s: float = 0.0


class Finding(Record):
    """What a rule found; a decisive one means failure whatever the model says."""

    rule: str
    message: str
    decisive: bool


class Analysis(Record):
    """The verdict on an attempt."""

    success: bool
    should_retry: bool
    explanation: str
    plan: str = ""
    findings: list[Finding] = Field(default_factory=list)


class ApprovalRequest(Record):
    """What a person is asked before code runs; what LangGraph's interrupt carries."""

    kind: Literal["approval"] = "approval"
    attempt: int
    code: str
    diff: str = ""
    """To the attempt before, unified; empty for the first."""
    reasons: list[str] = Field(default_factory=list)
    """Why this code is asked about."""
    answers: list[str] = Field(default_factory=lambda: ["approve", "edit", "reject"])
    problem: str = ""
    """What was wrong with the answer before, if one was of no use."""


class Review(Record):
    """What a person said of code before it ran.

    ``written`` is the model's code where the person put other code in its place.
    """

    decision: Literal["approve", "edit", "reject"]
    words: str = ""
    written: str = ""

    @property
    def text(self) -> str:
        """Say in a sentence what the person did."""
        did = {
            "approve": "A person let this code run",
            "edit": "A person changed the code before it ran; this is the code as changed",
            "reject": "A person rejected this code",
        }[self.decision]
        return f"{did}, and said: {self.words}" if self.words else f"{did}."


class Attempt(Record):
    """One round of the loop.

    ``problem`` says why the code was never run, if it was not. ``execution``
    and ``analysis`` are None until their nodes have finished, ``review`` where
    nobody was asked.
    """

    number: int
    code: str
    problem: str | None = None
    review: Review | None = None
    execution: ExecutionRecord | None = None
    analysis: Analysis | None = None

    @property
    def succeeded(self) -> bool:
        """Whether its analysis says so."""
        return self.analysis is not None and self.analysis.success


class Usage(Record):
    """Calls and tokens of one node; tokens are 0 where a provider does not tell.

    ``cached_calls`` took no request: the model cache had their answers.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_calls: int = 0

    def plus(self, other: Usage) -> Usage:
        """Add up."""
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_calls=self.cached_calls + other.cached_calls,
        )
