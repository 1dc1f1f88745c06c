"""Compares two evaluations on the questions that both answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from graph_agent.errors import RequestError
from graph_agent.evaluation.journal import Answered, Journal, Setup
from graph_agent.evaluation.statistics import mcnemar_p, paired_interval
from graph_agent.evaluation.summary import share_of, summarized
from graph_agent.evaluation.tables import Table, percent
from graph_agent.records import Json

__all__ = ["compared", "comparison_table"]

Pair = tuple[Answered, Answered]
COUNTED: dict[str, Callable[[Answered], bool]] = {
    "right": lambda each: each.verdict == "right",
    "right at the first attempt": lambda each: each.verdict == "right" and len(each.attempts) == 1,
    "silently wrong": lambda each: each.verdict == "silently wrong",
    "reported as failed": lambda each: each.verdict == "reported as failed",
}


def compared(first: Path | str, second: Path | str) -> Json:
    """Return the paired differences between the evaluations in two folders.

    Raises:
        RequestError: a folder has no evaluation, or no question is in both.
    """
    before, after = (_read(Path(folder)) for folder in (first, second))
    others = {(each.id, each.digest): each for each in after[1]}
    keys = [(each.id, each.digest) for each in before[1]]
    pairs = [
        (each, others[key]) for each, key in zip(before[1], keys, strict=True) if key in others
    ]
    if not pairs:
        raise RequestError(
            f"the evaluations in {str(first)!r} and {str(second)!r} have no question in common"
        )
    sides = [
        summarized(setup, [pair[index] for pair in pairs])
        for index, (setup, _) in enumerate((before, after))
    ]
    return {
        "questions": len(pairs),
        "first": {**sides[0], "folder": str(first)},
        "second": {**sides[1], "folder": str(second)},
        "differences": {name: _difference(pairs, holds) for name, holds in COUNTED.items()},
    }


def comparison_table(comparison: Json) -> Table:
    """Show a comparison as a table."""
    header = (
        "",
        "first",
        "second",
        "difference",
        "95 % interval",
        "only first",
        "only second",
        "p",
    )
    rows: list[tuple[str, ...]] = [
        (
            name,
            percent(found["first"]["share"]),
            percent(found["second"]["share"]),
            f"{_points(found['difference'])} points",
            f"{_points(found['low'])} to {_points(found['high'])}",
            str(found["only_first"]),
            str(found["only_second"]),
            f"{found['p']:.2g}",
        )
        for name, found in comparison["differences"].items()
    ]
    sides = (comparison["first"], comparison["second"])
    seconds = [side["seconds"]["median"] for side in sides]
    tokens = [side["input_tokens"] + side["output_tokens"] for side in sides]
    rows.append(_ratio("median seconds", seconds[0], seconds[1], "{:.1f}"))
    rows.append(_ratio("tokens", tokens[0], tokens[1], "{:,}"))
    return Table(f"{comparison['questions']} questions", header, tuple(rows))


def _read(folder: Path) -> tuple[Setup, Sequence[Answered]]:
    journal = Journal(folder)
    setup = journal.setup()
    if setup is None:
        raise RequestError(
            f"{str(folder)!r} has no evaluation; give the --out folder of `codegen-agent eval`"
        )
    return setup, journal.answered()


def _difference(pairs: Sequence[Pair], holds: Callable[[Answered], bool]) -> Json:
    both, only_first, only_second, neither = (
        sum((holds(first), holds(second)) == wanted for first, second in pairs)
        for wanted in ((True, True), (True, False), (False, True), (False, False))
    )
    low, high = paired_interval(both, only_first, only_second, neither)
    return {
        "first": share_of(both + only_first, len(pairs)),
        "second": share_of(both + only_second, len(pairs)),
        "only_first": only_first,
        "only_second": only_second,
        "difference": (only_second - only_first) / len(pairs),
        "low": low,
        "high": high,
        "p": mcnemar_p(only_first, only_second),
    }


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _ratio(name: str, first: float, second: float, form: str) -> tuple[str, ...]:
    times = f"{second / first:.2f} times" if first else ""
    return name, form.format(first), form.format(second), times, "", "", "", ""
