"""What a finished run gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from graph_agent.budget import Budget
from graph_agent.records import (
    Analysis,
    ApprovalRequest,
    Attempt,
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    Review,
    Usage,
    ValueReference,
)
from graph_agent.state import AgentOutput, total_usage
from graph_agent.transcript import render
from sandbox.records import Execution, ExecutionError, Figure, Payload
from sandbox.store import VariableStore


class StoredVariables(Mapping[str, Any]):
    """A read-only mapping from name to value; values are decoded when they are asked for.

    Raises:
        PayloadError: a value does not decode, or needs a library that is not here.
        VariableStoreError: its bytes are gone from the store.
    """

    def __init__(self, references: list[ValueReference], store: VariableStore) -> None:
        self._references = {one.name: one for one in references}
        self._store = store
        self._values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = decode_reference(self._references[name], self._store)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}: {one.type}" for name, one in self._references.items())
        return f"<variables {listed or 'none'}>"


@dataclass(frozen=True)
class AttemptResult:
    """One attempt. ``execution`` is None if its code was never run."""

    number: int
    code: str
    execution: Execution | None
    analysis: Analysis | None
    problem: str | None = None
    review: Review | None = None
    """What a person said of the code before it ran; None where nobody was asked."""


@dataclass(frozen=True)
class CodeGenerationResult:
    """The answer to a request.

    ``variables`` and ``figures`` are those of the last attempt that ran;
    ``usage`` maps node to calls and tokens; ``transcript`` is Markdown.
    """

    success: bool
    code: str
    attempts: tuple[AttemptResult, ...]
    variables: Mapping[str, Any]
    figures: tuple[Figure, ...] = field(repr=False)
    transcript: str = field(repr=False)
    usage: Mapping[str, Usage] = field(repr=False)
    thread_id: str
    output: AgentOutput = field(repr=False, default_factory=AgentOutput)
    """The graph's own output, all of it plain data."""
    stopped_by: str | None = None
    """The limit that ended the run; resumed with a higher one it goes on."""
    waiting_for: ApprovalRequest | None = None
    """What a person is asked; the run goes on when it is resumed with an answer."""

    @property
    def budget(self) -> Budget:
        """The limits the run had last."""
        limits: Mapping[str, Any] = self.output  # with channels that the schema does not list
        attempts = limits.get("max_attempts")
        return Budget.read({**(limits.get("budget") or {}), "attempts": attempts}, partial=True)

    @property
    def cost(self) -> float | None:
        """What the model's calls cost, in the currency of the prices; None where none are known."""
        return self.budget.price_of(total_usage(self.output))

    @property
    def explanation(self) -> str:
        """What the last analysis says."""
        analysis = self.attempts[-1].analysis if self.attempts else None
        return "" if analysis is None else analysis.explanation


def result_from(
    output: AgentOutput,
    store: VariableStore,
    thread_id: str,
    waiting_for: ApprovalRequest | None = None,
) -> CodeGenerationResult:
    """Make the result from the graph's output and the stored values."""
    records = [Attempt.model_validate(one) for one in output.get("attempts") or []]
    attempts = tuple(_attempt(one, store) for one in records)
    ran = [one.execution for one in attempts if one.execution is not None]
    usage = {node: Usage.model_validate(one) for node, one in (output.get("usage") or {}).items()}
    return CodeGenerationResult(
        success=bool(output.get("success")),
        code=output.get("code") or "",
        attempts=attempts,
        variables=ran[-1].variables if ran else MappingProxyType({}),
        figures=ran[-1].figures if ran else (),
        transcript=render(output),
        usage=MappingProxyType(usage),
        thread_id=thread_id,
        output=output,
        stopped_by=output.get("stopped_by"),
        waiting_for=waiting_for,
    )


def decode_reference(reference: ValueReference, store: VariableStore) -> Any:
    """Read a stored value back; see :class:`StoredVariables` for what is raised."""
    from sandbox.decode import decode_value

    return decode_value(Payload(reference.codec, reference.type, store.get(reference.sha256)))


def _attempt(record: Attempt, store: VariableStore) -> AttemptResult:
    execution = None if record.execution is None else _execution(record.execution, store)
    return AttemptResult(
        record.number, record.code, execution, record.analysis, record.problem, record.review
    )


def _execution(record: ExecutionRecord, store: VariableStore) -> Execution:
    return Execution(
        outcome=record.outcome,
        stdout=record.stdout,
        stderr=record.stderr,
        error=_error(record.error),
        variables=StoredVariables(record.variables, store),
        withheld=MappingProxyType(dict(record.withheld)),
        figures=tuple(figure_of(one, store) for one in record.figures),
        display=None if record.display is None else decode_reference(record.display, store),
        display_text=record.display_text,
        changed_inputs=tuple(record.changed_inputs),
        duration_s=record.duration_s,
        check_error=_error(record.check_error),
        detail=record.detail,
    )


def figure_of(record: FigureReference, store: VariableStore) -> Figure:
    """Read a stored figure back.

    Raises:
        VariableStoreError: its bytes are gone from the store.
    """
    preview = None if record.preview is None else figure_of(record.preview, store)
    return Figure(store.get(record.sha256), record.mime, record.width, record.height, preview)


def _error(record: ErrorRecord | None) -> ExecutionError | None:
    return None if record is None else ExecutionError(**record.model_dump())
