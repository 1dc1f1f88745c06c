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


class Attempt(Record):
    """One round of the loop.

    ``problem`` says why the code was never run, if it was not. ``execution``
    and ``analysis`` are None until their nodes have finished.
    """

    number: int
    code: str
    problem: str | None = None
    execution: ExecutionRecord | None = None
    analysis: Analysis | None = None

    @property
    def succeeded(self) -> bool:
        """Whether its analysis says so."""
        return self.analysis is not None and self.analysis.success


class Usage(Record):
    """Calls and tokens of one node; tokens are 0 where a provider does not tell."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def plus(self, input_tokens: int, output_tokens: int) -> Usage:
        """Count one more call."""
        return Usage(
            calls=self.calls + 1,
            input_tokens=self.input_tokens + input_tokens,
            output_tokens=self.output_tokens + output_tokens,
        )
