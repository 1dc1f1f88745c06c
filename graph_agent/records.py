"""Records of the state: attempts, what their code did, and how they were judged.

The state and the checkpoints hold ``model_dump(mode="json")`` of them, so that any
saver can store it and no saver has to load a class that a database names.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from graph_agent.errors import AnswerFault, RequestError
from sandbox.records import Outcome

Json = dict[str, Any]
PrivacyLevel = Literal["schema", "stats", "sample"]
"""How much of the user's values the model may see.

``schema``: types, shapes, names (of columns, attributes, parameters, identifier-like
keys). ``stats``: also counts per column, and minimum, maximum and mean of numbers,
if there are enough different ones. ``sample``: also a few values.
"""
MAX_CANDIDATES = 50
"""Programs of an attempt."""
Decision = Literal["candidate", "retry", "done", "give_up"]
ProblemKind = Literal[
    "no_code", "syntax", "repeat", "rejected", "undefined_name", "unknown_column", AnswerFault
]
"""Why an attempt's code was not run; ``repeat``: a failed attempt had the same code."""
Approve = Literal["never", "risky", "always"]
"""When code needs a person's approval; ``risky``: see :mod:`nodes.approval.risks`."""
LEVELS: tuple[PrivacyLevel, ...] = get_args(PrivacyLevel)
"""From the strictest."""
APPROVALS: tuple[Approve, ...] = get_args(Approve)


class Record(BaseModel):
    """Base of all records: frozen, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_state(self) -> Json:
        """Return the JSON form that the state holds."""
        return self.model_dump(mode="json")


class ErrorRecord(Record):
    """An exception of the generated code; see :class:`sandbox.records.ExecutionError`."""

    name: str
    message: str
    traceback: str
    line: int | None = None


class ValueReference(Record):
    """A returned value: the key of its bytes in the store, and a summary.

    ``blank``: it has no elements, or all of them are missing (NaN, NaT, None).
    """

    name: str
    type: str
    codec: str
    sha256: str
    summary: str
    blank: Literal["empty", "all_missing"] | None = None
    mismatch: str = ""
    """Why it isn't of the type the request asks for."""


class FigureReference(Record):
    """A returned figure; ``width`` and ``height`` in pixels.

    ``preview``: a PNG of a figure that isn't an image, if it could be drawn.
    ``blank``: the figure is empty, or has only empty axes.
    """

    sha256: str
    mime: str
    width: int
    height: int
    preview: FigureReference | None = None
    blank: Literal["nothing", "empty_axes"] | None = None


class FileReference(Record):
    """A file that the code left: its relative path, the key of its bytes, its size in bytes."""

    name: str
    sha256: str
    size: int


class ExecutionRecord(Record):
    """One run of the code, with references to its values, figures and files."""

    outcome: Outcome
    detail: str = ""
    stdout: str = ""
    stderr: str = ""
    error: ErrorRecord | None = None
    check_error: ErrorRecord | None = None
    variables: list[ValueReference] = Field(default_factory=list)
    withheld: dict[str, str] = Field(default_factory=dict)
    figures: list[FigureReference] = Field(default_factory=list)
    files: list[FileReference] = Field(default_factory=list)
    display: ValueReference | None = None
    display_text: str = ""
    changed_inputs: list[str] = Field(default_factory=list)
    duration_s: float = 0.0


class Finding(Record):
    """What a rule found; a decisive finding overrules the model."""

    rule: str
    message: str
    decisive: bool


JudgedBy = Literal["checks", "model", "rules", "agreement", "nobody"]
"""Who decided: the request's checks, a model, a decisive finding of a rule, candidates that
agree, or nobody: the code ran to its end, and nothing speaks against its result."""


class Analysis(Record):
    """The verdict on an attempt."""

    success: bool
    should_retry: bool
    explanation: str
    plan: str = ""
    findings: list[Finding] = Field(default_factory=list)
    judged_by: JudgedBy | None = None
    """None where an earlier version stored the analysis."""


class ApprovalRequest(Record):
    """A question to a person before code runs; the value of LangGraph's interrupt."""

    kind: Literal["approval"] = "approval"
    attempt: int
    code: str
    diff: str = ""
    """Unified diff to the previous attempt; empty for the first."""
    reasons: list[str] = Field(default_factory=list)
    """Why this code needs approval."""
    answers: list[str] = Field(default_factory=lambda: ["approve", "edit", "reject"])
    problem: str = ""
    """What was wrong with the previous answer, if it was invalid."""


class ApprovalAnswer(Record):
    """A person's answer; a single word, true and false are accepted too."""

    decision: Literal["approve", "edit", "reject"] = Field(
        description="run the code; run other code; or do not run it and write another"
    )
    code: str = Field(default="", description="for edit: the whole program to run instead")
    words: str = Field(default="", description="what the model should know")

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, given: Any) -> Any:
        if isinstance(given, bool):
            return {"decision": "approve" if given else "reject"}
        return {"decision": given.strip().lower()} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _check_code(self) -> Self:
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
            RequestError: it is invalid; the message says what is valid.
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


class Review(Record):
    """A person's decision about code before it ran.

    ``written`` is the model's code if the person replaced it.
    """

    decision: Literal["approve", "edit", "reject"]
    words: str = ""
    written: str = ""

    @property
    def text(self) -> str:
        """Describe the decision in a sentence."""
        did = {
            "approve": "A person let this code run",
            "edit": "A person changed the code before it ran; this is the changed code",
            "reject": "A person rejected this code",
        }[self.decision]
        return f"{did}, and said: {self.words}" if self.words else f"{did}."


class Candidate(Record):
    """One of several programs for the same request: what was written, and what it did.

    ``group`` is the same for programs with the same answer; None: the program doesn't count,
    because it wasn't run, failed, left no answer, or a rule's decisive finding speaks against it.
    """

    code: str
    problem: str | None = None
    problem_kind: ProblemKind | None = None
    """None also where an earlier version stored the problem."""
    notes: list[str] = Field(default_factory=list)
    """What was left out or changed when the code was read from the model's answer."""
    review: Review | None = None
    execution: ExecutionRecord | None = None
    group: int | None = None


class Agreement(Record):
    """How many programs of an attempt gave the chosen answer, of how many that were written."""

    agreeing: int
    run: int


class Attempt(Candidate):
    """One round of the loop.

    ``problem`` says why the code was not run; None: it can be. ``execution`` and
    ``analysis`` are None until their nodes have finished, ``review`` if no person
    was asked. ``others`` are the round's other programs, ``agreement`` is None for a round of
    one program.
    """

    number: int
    others: list[Candidate] = Field(default_factory=list)
    agreement: Agreement | None = None
    analysis: Analysis | None = None

    @property
    def other_answers(self) -> dict[int, Candidate]:
        """The first of the other programs of each group, by group."""
        first: dict[int, Candidate] = {}
        for other in self.others:
            if other.group is not None:
                first.setdefault(other.group, other)
        return first

    @property
    def succeeded(self) -> bool:
        """Whether the analysis calls it a success."""
        return self.analysis is not None and self.analysis.success


class EarlierRequest(Record):
    """A request that came before in the same conversation, and the code that answered it.

    ``privacy`` is the level at which the code was written: see
    :mod:`graph_agent.prompts.conversation`.
    """

    thread_id: str
    request: str
    code: str = ""
    success: bool = False
    privacy: PrivacyLevel = "sample"


class Usage(Record):
    """Calls and tokens of one node; tokens are 0 if the provider doesn't report them.

    ``cached_calls`` were answered from the model cache, without a request.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_calls: int = 0

    def plus(self, other: Usage) -> Usage:
        """Return the sum."""
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_calls=self.cached_calls + other.cached_calls,
        )


def strictest(levels: Iterable[object]) -> PrivacyLevel:
    """Return the strictest of the levels that are not None; an unknown level is ``schema``."""
    ranks = [LEVELS.index(level) if level in LEVELS else 0 for level in levels if level is not None]
    return LEVELS[min(ranks, default=0)]


def attempts_of(state: Mapping[str, Any]) -> list[Attempt]:
    """Read the attempts that a state holds."""
    return [Attempt.model_validate(attempt) for attempt in state.get("attempts") or []]


def total_usage(state: Mapping[str, Any]) -> Usage:
    """Add up what all nodes used."""
    total: Counter[str] = Counter()
    for usage in (state.get("usage") or {}).values():
        total.update(usage)
    return Usage.model_validate(total)
