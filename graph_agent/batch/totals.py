"""Adds up what the requests of a batch took and became."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from graph_agent.batch.journal import RequestResult, Unfinished
from graph_agent.records import Json

__all__ = ["Totals"]


@dataclass
class Totals:
    """The sums over the requests of a batch so far."""

    requests: int
    solved: int = 0
    not_solved: int = 0
    unfinished: Counter[str] = field(default_factory=Counter)
    """Requests without a result, by kind."""
    executions: Counter[str] = field(default_factory=Counter)
    """How the last program of each request ended."""
    attempts: int = 0
    calls: int = 0
    cached_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    cost: float | None = None

    @classmethod
    def of(cls, requests: int, found: Iterable[RequestResult | Unfinished]) -> Totals:
        """Add up what there is."""
        totals = cls(requests)
        for each in found:
            totals.add(each)
        return totals

    @property
    def done(self) -> int:
        """How many requests have a result."""
        return self.solved + self.not_solved

    @property
    def open(self) -> int:
        """How many requests nothing is known of: not begun, or cut off."""
        return self.requests - self.done - self.unfinished.total()

    def add(self, found: RequestResult | Unfinished) -> None:
        """Count what became of a request."""
        if isinstance(found, Unfinished):
            self.unfinished[found.kind] += 1
            return
        self.solved += found.success
        self.not_solved += not found.success
        self.executions[found.execution or "not run"] += 1
        self.attempts += found.attempts
        self.calls += found.calls
        self.cached_calls += found.cached_calls
        self.input_tokens += found.input_tokens
        self.output_tokens += found.output_tokens
        self.seconds += found.seconds
        if found.cost is not None:
            self.cost = (self.cost or 0.0) + found.cost

    def to_json(self) -> Json:
        """Return the sums as plain JSON."""
        return {
            "requests": self.requests,
            "solved": self.solved,
            "not_solved": self.not_solved,
            "unfinished": {
                kind: self.unfinished[kind] for kind in ("environment", "input", "waiting")
            },
            "open": self.open,
            "executions": dict(self.executions.most_common()),
            "attempts": self.attempts,
            "calls": self.calls,
            "cached_calls": self.cached_calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "seconds": round(self.seconds, 3),
            "cost": self.cost,
        }
