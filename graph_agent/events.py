"""What a run tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graph_agent.records import Analysis, ApprovalRequest, Decision, ExecutionRecord
from graph_agent.result import CodeGenerationResult
from sandbox.records import Figure


@dataclass(frozen=True, slots=True)
class Started:
    """The run has a thread; it can be resumed under its id from now on."""

    thread_id: str


@dataclass(frozen=True, slots=True)
class CodeToken:
    """A piece of the model's answer, as it comes; code and the words around it."""

    text: str


@dataclass(frozen=True, slots=True)
class Generated:
    """The model wrote the code of an attempt; ``problem``: why it will not be run."""

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
    """An attempt's run ended."""

    number: int
    execution: ExecutionRecord


@dataclass(frozen=True, slots=True)
class Drawn:
    """The attempt's run left a figure."""

    number: int
    figure: Figure


@dataclass(frozen=True, slots=True)
class Analyzed:
    """An attempt was judged."""

    number: int
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Decided:
    """It was decided how to go on."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person is to say whether the code may run; see :attr:`CodeGenerationResult.waiting_for`."""

    approval: ApprovalRequest


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over, or waits for a person; always the last event."""

    result: CodeGenerationResult


Event = (
    Started
    | CodeToken
    | Generated
    | Printed
    | Executed
    | Drawn
    | Analyzed
    | Decided
    | Waiting
    | Finished
)
