"""Options shared by several commands."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from graph_agent.errors import RequestError
from graph_agent.files.reading import ReadOptions
from graph_agent.records import MAX_CANDIDATES, Approve
from graph_agent.type_names import type_named


class Privacy(StrEnum):
    """How much of the data the model may see."""

    SCHEMA = "schema"
    STATS = "stats"
    SAMPLE = "sample"


Variables = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=FILE", help="Load a variable from a file."),
]
TrustPickle = Annotated[
    bool, typer.Option("--trust-pickle", help="Allow .pkl files. Loading one can run any code.")
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="Encoding of text files, such as cp1252."),
]
Separator = Annotated[
    str | None, typer.Option("--sep", metavar="CHAR", help="Separator of CSV files; tab for a tab.")
]
Decimal = Annotated[
    str | None, typer.Option("--decimal", metavar="CHAR", help="Decimal sign in CSV files: , or .")
]
Sheet = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME", help="The sheet to read of workbooks.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where to save the files.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print the transcript too, after the answer.")
]
KeepFormulas = Annotated[
    bool,
    typer.Option(
        "--keep-formulas",
        help="Save table cells such as =1+1 unchanged. By default an apostrophe before them keeps"
        " spreadsheets from running them.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="A model's name, 'local', or local:FILE.gguf."),
]
OlderThan = Annotated[
    str | None,
    typer.Option("--older-than", metavar="AGE", help="Runs whose last step is older: 30d, 12h."),
]
Thread = Annotated[str, typer.Argument(help="The run's thread id.")]
AllowPackages = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-package",
        metavar="NAME",
        help="A package that may be added to the image if the code imports it, such as emoji or"
        " 'Faker>=20'.",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", help="Maximum time of one execution."),
]
Memory = Annotated[
    str | None,
    typer.Option("--memory", metavar="SIZE", help="Maximum memory of one execution: 512m, 2g."),
]
MaxAttempts = Annotated[
    int | None, typer.Option("--max-attempts", min=1, help="Maximum number of attempts.")
]
Candidates = Annotated[
    int | None,
    typer.Option(
        "--candidates",
        min=1,
        max=MAX_CANDIDATES,
        help="Write up to this many programs per attempt; the answer most of them give wins.",
    ),
]
MaxCalls = Annotated[
    int | None, typer.Option("--max-calls", min=1, help="Maximum number of model calls.")
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", min=1, help="Maximum tokens, sent plus received.")
]
MaxTime = Annotated[
    float | None, typer.Option("--max-time", metavar="SECONDS", help="Maximum working time.")
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost", metavar="AMOUNT", help="Maximum cost, priced by CODEGEN_AGENT_PRICES."
    ),
]


def approve_from(always: bool | None, risky: bool) -> Approve | None:
    """Read the approval options; None if there are none.

    Raises:
        RequestError: the options contradict each other.
    """
    if always is not None and risky:
        raise RequestError("give only one of --approve, --no-approve and --approve-risky")
    if always is not None:
        return "always" if always else "never"
    return "risky" if risky else None


def read_options_from(
    encoding: str | None, separator: str | None, decimal: str | None, sheet: str | None
) -> ReadOptions:
    """Read the options about files.

    Raises:
        RequestError: one has no usable value.
    """
    return ReadOptions(encoding=encoding, separator=separator, decimal=decimal, sheet=sheet)


LIMIT_OPTIONS = {
    "attempts": "--max-attempts",
    "model_calls": "--max-calls",
    "tokens": "--max-tokens",
    "time_s": "--max-time",
    "cost": "--max-cost",
}
"""Limit of a budget → option that sets it."""


def returns_from(texts: Sequence[str] | None) -> list[str] | dict[str, Any] | None:
    """Return the names of ``--return NAME[:TYPE]``, with their types if any has one.

    Raises:
        RequestError: a type is unknown.
    """
    pairs = [text.partition(":")[::2] for text in texts or ()]
    if not any(kind for _, kind in pairs):
        return [name for name, _ in pairs] or None
    return {name: type_named(kind) for name, kind in pairs}


def budget_from(
    calls: int | None, tokens: int | None, time_s: float | None, cost: float | None
) -> dict[str, Any]:
    """Return the given limits as fields of :class:`~graph_agent.budget.Budget`."""
    limits = {"model_calls": calls, "tokens": tokens, "time_s": time_s, "cost": cost}
    return {name: value for name, value in limits.items() if value is not None}
