"""DataBench's layout (SemEval-2025 task 8): a folder with questions and one folder per table.

::

    questions.jsonl        id, question, table, kind, answer (all rows), answer_lite (the sample)
    TABLE/all.parquet
    TABLE/sample.parquet   20 rows
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from graph_agent.errors import RequestError
from graph_agent.evaluation.judging import expecting
from graph_agent.evaluation.suite import Question, Suite

__all__ = ["QUESTIONS_FILE", "databench"]

QUESTIONS_FILE = "questions.jsonl"
TYPES: dict[str, Any] = {
    "boolean": bool,
    "number": float,
    "category": str,
    "list[number]": list[float],
    "list[category]": list[str],
}
"""The type of the answer to each kind of question."""


class _Line(BaseModel):
    id: int | str
    question: str
    table: str
    kind: str
    answer: str | None = None
    answer_lite: str | None = None


def databench(folder: Path, *, full: bool = False) -> Suite:
    """Read the questions of a folder; ``full``: about whole tables instead of samples.

    Raises:
        RequestError: the folder doesn't have this layout.
    """
    file = folder / QUESTIONS_FILE
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError as error:
        raise RequestError(
            f"{str(file)!r} can't be read ({error.strerror}); name a folder in DataBench's layout:"
            f" {QUESTIONS_FILE}, and TABLE/sample.parquet for each table"
        ) from error
    questions = [
        _question(line, folder, number, full) for number, line in enumerate(lines, 1) if line
    ]
    return Suite(f"databench-{'full' if full else 'sample'}", tuple(questions))


def _question(text: str, folder: Path, number: int, full: bool) -> Question:
    where = f"line {number} of {str(folder / QUESTIONS_FILE)!r}"
    try:
        line = _Line.model_validate(json.loads(text))
    except (ValueError, ValidationError) as error:
        raise RequestError(
            f"{where} isn't a question: give id, question, table, kind, answer and answer_lite"
        ) from error
    if line.kind not in TYPES:
        raise RequestError(f"{where} has the kind {line.kind!r}; known are {', '.join(TYPES)}")
    table = folder / line.table / ("all.parquet" if full else "sample.parquet")
    if not table.is_file():
        raise RequestError(f"{where} needs {str(table)!r}, which isn't there")
    expected = line.answer if full else line.answer_lite
    if expected is None:
        raise RequestError(f"{where} has no {'answer' if full else 'answer_lite'}")
    return Question(
        id=str(line.id),
        request=line.question,
        variables={"df": table},
        returns={"answer": TYPES[line.kind]},
        category=line.kind,
        judge=expecting(expected, line.kind),
    )
