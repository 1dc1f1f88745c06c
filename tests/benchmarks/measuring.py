"""Interleaved measurements: contenders take turns, so that a busy minute affects all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Contender = Callable[[], float]
"""Does the work once and returns the seconds it took, without preparation."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to measure; ``quick``: just enough to see that it runs."""

    quick: bool = False
    repetitions: int = 10
    peers_folder: Path | None = None
    """Folder for the peers' environments; None: no peers."""
    count: int | None = None
    """How many runs to kill, or requests to make; None: as many as the subject usually does."""
    threads: int | None = None
    seed: int = 7
    record: Path | None = None
    """A file of what is done already, so that a subject can be stopped and continued."""

    def of(self, whole: int, quick: int) -> int:
        """Choose a number for this scale."""
        return quick if self.quick else whole

    @property
    def rounds(self) -> int:
        """How often to repeat short measurements."""
        return self.of(self.repetitions, 1)


@dataclass(slots=True)
class Row:
    """One line of the table. ``met``: None if there is no goal."""

    what: str
    ours: str
    beside: str
    ratio: str
    goal: str = ""
    met: bool | None = None
    bound: str = ""
    """What limits it; shown if the goal is missed."""


@dataclass(slots=True)
class Findings:
    """Results of one subject; every sample is in seconds, or in the unit in its name."""

    rows: list[Row] = field(default_factory=list)
    samples: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    """What must never happen, and did."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Findings:
        """Read plain data back."""
        rows = [Row(**row) for row in data["rows"]]
        violations = list(data.get("violations", ()))
        return cls(rows, dict(data["samples"]), list(data["notes"]), violations)


def interleaved(
    contenders: Mapping[str, Contender], rounds: int, *, warm_up: bool = True
) -> dict[str, list[float]]:
    """Let every contender take its turn in each round; a first round doesn't count."""
    if warm_up:
        for contender in contenders.values():
            contender()
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            samples[name].append(contender())
    return samples


def timed(action: Callable[[], object]) -> Contender:
    """Make a contender that times a whole action."""

    def contender() -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    return contender


def ratio(ours: list[float], other: list[float]) -> float:
    """Return the median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(ours, other, strict=True))


def excess(ours: list[float], other: list[float]) -> float:
    """Return the median of the rounds' differences."""
    return statistics.median(a - b for a, b in zip(ours, other, strict=True))


def shown(samples: list[float]) -> str:
    """Format seconds as median and minimum."""
    median = seconds(statistics.median(samples))
    return median if len(samples) == 1 else f"{median} (min {seconds(min(samples))})"


def seconds(value: float) -> str:
    """Format seconds with three digits."""
    return f"{value * 1e3:.3g} ms" if abs(value) < 1 else f"{value:.3g} s"


def megabytes(value: float) -> str:
    """Format bytes as MB with three digits."""
    return f"{value / 1e6:.3g} MB" if abs(value) < 1e9 else f"{value / 1e6:.0f} MB"


def at_most(
    what: str,
    samples: Mapping[str, list[float]],
    ours: str,
    beside: str,
    goal: float | None = None,
    bound: str = "",
) -> Row:
    """Make the row of something that should take little longer than another."""
    times = ratio(samples[ours], samples[beside])
    return Row(
        what,
        shown(samples[ours]),
        f"{shown(samples[beside])} {beside}",
        f"{times:.3g} ×",
        "" if goal is None else f"≤ {goal:g} ×",
        None if goal is None else times <= goal,
        bound,
    )


def faster(
    what: str,
    samples: Mapping[str, list[float]],
    ours: str,
    beside: str,
    goal: float | None = None,
    bound: str = "",
) -> Row:
    """Make the row of something that should be much faster than another."""
    times = ratio(samples[beside], samples[ours])
    return Row(
        what,
        shown(samples[ours]),
        f"{shown(samples[beside])} {beside}",
        f"{times:.3g} × faster",
        "" if goal is None else f"≥ {goal:g} × faster",
        None if goal is None else times >= goal,
        bound,
    )


def above(
    what: str,
    samples: Mapping[str, list[float]],
    ours: str,
    beside: str,
    goal_s: float | None = None,
    bound: str = "",
) -> Row:
    """Make the row of something that may take only so many seconds longer than another."""
    more_s = excess(samples[ours], samples[beside])
    return Row(
        what,
        shown(samples[ours]),
        f"{shown(samples[beside])} {beside}",
        f"{ratio(samples[ours], samples[beside]):.3g} × ({more_s * 1e3:+.3g} ms)",
        "" if goal_s is None else f"≤ {goal_s * 1e3:g} ms more",
        None if goal_s is None else more_s <= goal_s,
        bound,
    )
