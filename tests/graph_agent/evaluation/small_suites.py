"""Small suites for tests."""

from __future__ import annotations

from pathlib import Path

from graph_agent.evaluation.judging import expecting
from graph_agent.evaluation.suite import Question, Suite


def question(id_: str, answer: object = 3, *, category: str = "sums", **more: object) -> Question:
    """Make a question with a right program and a wrong one, which needs no data."""
    fields: dict[str, object] = {
        "request": f"Add one and two, question {id_}",
        "returns": {"answer": int},
        "judge": expecting(answer, "number"),
        "reference": "answer = 1 + 2",
        "wrong": ("answer = 4",),
    }
    return Question(id=id_, category=category, **{**fields, **more})  # type: ignore[arg-type]  # by name


def suite(count: int = 3) -> Suite:
    """Make a suite of sums."""
    return Suite("small", tuple(question(f"q{number}") for number in range(count)))


def results_of(folder: Path) -> list[str]:
    """Read the lines of finished questions."""
    return (folder / "results.jsonl").read_text("utf-8").splitlines()
