"""The options that several commands take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from graph_agent.errors import RequestError
from graph_agent.records import Approve


class Privacy(StrEnum):
    """What the model may be told of the data."""

    SCHEMA = "schema"
    STATS = "stats"
    SAMPLE = "sample"


Variables = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=FILE", help="A variable from a file.")
]
TrustPickle = Annotated[
    bool, typer.Option("--trust-pickle", help="Allow .pkl files; reading one can run any code.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where to leave the files.")]
Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="A model's name, or 'local'.")
]
Thread = Annotated[str, typer.Argument(help="The run's thread id.")]
MaxAttempts = Annotated[
    int | None, typer.Option("--max-attempts", min=1, help="How often code may be written.")
]
MaxCalls = Annotated[
    int | None, typer.Option("--max-calls", min=1, help="How often a model may be asked.")
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", min=1, help="Tokens sent and received, together.")
]
MaxTime = Annotated[
    float | None, typer.Option("--max-time", metavar="SECONDS", help="Seconds of work.")
]
MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost", metavar="AMOUNT", help="In the currency of CODEGEN_AGENT_PRICES."),
]


def approve_from(always: bool | None, risky: bool) -> Approve | None:
    """Read the options that say when the person is asked; None: neither is given.

    Raises:
        RequestError: both are.
    """
    if always is not None and risky:
        raise RequestError("give one of --approve, --no-approve and --approve-risky, not several")
    if always is not None:
        return "always" if always else "never"
    return "risky" if risky else None


LIMIT_OPTIONS = {
    "attempts": "--max-attempts",
    "model_calls": "--max-calls",
    "tokens": "--max-tokens",
    "time_s": "--max-time",
    "cost": "--max-cost",
}
"""Limit of a budget → the option that sets it."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a run; None: the run's own, or none."""

    attempts: int | None = None
    calls: int | None = None
    tokens: int | None = None
    time_s: float | None = None
    cost: float | None = None

    def budget(self) -> dict[str, Any]:
        """Return those besides attempts, by the names of :class:`~graph_agent.budget.Budget`."""
        named = {
            "model_calls": self.calls,
            "tokens": self.tokens,
            "time_s": self.time_s,
            "cost": self.cost,
        }
        return {name: value for name, value in named.items() if value is not None}
