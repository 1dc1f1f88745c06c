"""The figures of an evaluation as tables of text, which reports in any format show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_agent.evaluation.journal import Answered
from graph_agent.records import Json

__all__ = ["Table", "percent", "question_table", "tables_of"]

VERDICTS = ("right", "silently_wrong", "reported_as_failed")


@dataclass(frozen=True)
class Table:
    """A table of plain text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(summary: Json) -> Iterator[Table]:
    """Return the tables of a summary, the most important one first."""
    yield Table("Answers", ("", "questions", "share", "95 % interval"), tuple(_answers(summary)))
    yield _grouped("By category", "category", summary["categories"])
    if summary["agreement"]:
        rows = {f"{row['agreeing']} of {row['run']}": row for row in summary["agreement"]}
        yield _grouped("Agreement against correctness", "programs that agreed", rows)
    yield _grouped("Who judged", "judged by", summary["judged_by"])
    outcomes = tuple((name, str(count)) for name, count in summary["outcomes"].items())
    yield Table("How the last program ended", ("outcome", "questions"), outcomes)
    yield Table("What it took", ("", ""), tuple(_costs(summary)))


def question_table(results: Sequence[Answered]) -> Table:
    """Return a line for each question."""
    header = ("question", "category", "verdict", "attempts", "seconds", "why")
    return Table("Questions", header, tuple(map(_question, results)))


def percent(share: float | None) -> str:
    """Show a share; nothing if there is none."""
    return "" if share is None else f"{100 * share:.1f} %"


def _answers(summary: Json) -> Iterator[tuple[str, ...]]:
    yield _line("right", summary["right"])
    for number, right in summary["right_at"].items():
        yield _line(f"right within {number} attempt{'s' * (number != '1')}", right)
    yield _line("silently wrong", summary["silently_wrong"])
    yield _line("reported as failed", summary["reported_as_failed"])


def _line(name: str, share: Mapping[str, Any]) -> tuple[str, ...]:
    return name, f"{share['count']} of {share['of']}", percent(share["share"]), _interval(share)


def _interval(share: Mapping[str, Any]) -> str:
    return f"{100 * share['low']:.1f} to {100 * share['high']:.1f} %"


def _grouped(title: str, what: str, groups: Mapping[str, Json]) -> Table:
    header = (what, "questions", "right", "95 % interval", "silently wrong", "reported as failed")
    rows = [
        (
            name,
            str(group["right"]["of"]),
            f"{group['right']['count']} ({percent(group['right']['share'])})",
            _interval(group["right"]),
            *(f"{group[key]['count']} ({percent(group[key]['share'])})" for key in VERDICTS[1:]),
        )
        for name, group in groups.items()
    ]
    return Table(title, header, tuple(rows))


def _costs(summary: Json) -> Iterator[tuple[str, str]]:
    seconds = summary["seconds"]
    if seconds["median"] is not None:
        yield "median seconds a question", f"{seconds['median']:.1f}"
    yield "seconds of all questions", f"{seconds['total']:.0f}"
    yield "model calls", f"{summary['calls']:,}"
    yield "tokens sent", f"{summary['input_tokens']:,}"
    yield "tokens received", f"{summary['output_tokens']:,}"
    if summary["cost"] is not None:
        yield "cost", f"{summary['cost']:.4f}"
    yield "right, but reported as failed", str(summary["right_but_reported_as_failed"])
    yield "without an answer of the model", str(summary["without_an_answer"])


def _question(each: Answered) -> tuple[str, ...]:
    why = each.problem or ("" if each.last is None else each.last.why)
    return (
        each.id,
        each.category,
        each.verdict,
        str(len(each.attempts)),
        f"{each.seconds:.1f}",
        why,
    )
