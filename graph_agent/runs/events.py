"""The events of a run, and how they are made from what LangGraph streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from graph_agent.models.waiting import RETRY_EVENT
from graph_agent.records import Analysis, ApprovalRequest, Attempt, Decision, ExecutionRecord
from graph_agent.results.result import CodeGenerationResult
from graph_agent.results.stored import figure_of
from sandbox.records import Figure
from sandbox.variables.store import VariableStore

MODES = ("updates", "custom")
TOKEN_MODE = "messages"  # noqa: S105  # no password


@dataclass(frozen=True, slots=True)
class Started:
    """The run has a thread id, and can be resumed from now on."""

    thread_id: str


@dataclass(frozen=True, slots=True)
class CodeToken:
    """A piece of the model's answer as it arrives, code or the text around it."""

    text: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """The model can't answer now and will be asked again; ``reason`` is a few words."""

    reason: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class Generated:
    """The model wrote an attempt's code; ``problem`` says why it won't run, if so."""

    number: int
    code: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Printed:
    """The running code printed something."""

    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class Executed:
    """An attempt's code finished running."""

    number: int
    execution: ExecutionRecord


@dataclass(frozen=True, slots=True)
class Drawn:
    """An attempt's code made a figure."""

    number: int
    figure: Figure


@dataclass(frozen=True, slots=True)
class Analyzed:
    """An attempt was judged."""

    number: int
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Decided:
    """The next step was decided."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Waiting:
    """The code needs a person's approval; see :attr:`CodeGenerationResult.waiting_for`."""

    approval: ApprovalRequest


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is finished or waits for an approval; always the last event."""

    result: CodeGenerationResult


Event = (
    Started
    | CodeToken
    | Retrying
    | Generated
    | Printed
    | Executed
    | Drawn
    | Analyzed
    | Decided
    | Waiting
    | Finished
)


def to_events(mode: str, chunk: Any, store: VariableStore) -> Iterator[Event]:
    """Turn one chunk of the graph's stream into events."""
    if mode == "custom":
        if chunk.get("event") == "output":
            yield Printed(chunk["stream"], chunk["text"])
        elif chunk.get("event") == RETRY_EVENT:
            yield Retrying(chunk["reason"], chunk["wait_s"])
    elif mode == TOKEN_MODE:
        message, metadata = chunk
        if "generate" in (metadata.get("tags") or ()) and (text := str(message.text)):
            yield CodeToken(text)
    else:
        for node, update in chunk.items():
            if isinstance(update, dict):
                yield from _node_events(node, update, store)


def _node_events(node: str, update: dict[str, Any], store: VariableStore) -> Iterator[Event]:
    if node == "decide":
        yield Decided(update["decision"])
    elif update.get("attempts"):
        last = Attempt.model_validate(update["attempts"][-1])
        if node == "generate":
            yield Generated(last.number, last.code, last.problem)
        elif node == "execute" and last.execution is not None:
            yield Executed(last.number, last.execution)
            for figure in last.execution.figures:
                yield Drawn(last.number, figure_of(figure, store))
        elif node == "analyze" and last.analysis is not None:
            yield Analyzed(last.number, last.analysis)
