"""What a run tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graph_agent.records import Analysis, Decision, ExecutionRecord
from graph_agent.result import CodeGenerationResult


@dataclass(frozen=True, slots=True)
class Started:
    """The run has a thread; it can be resumed under its id from now on."""

    thread_id: str


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
class Analyzed:
    """An attempt was judged."""

    number: int
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Decided:
    """It was decided how to go on."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over; always the last event."""

    result: CodeGenerationResult


Event = Started | Generated | Printed | Executed | Analyzed | Decided | Finished
