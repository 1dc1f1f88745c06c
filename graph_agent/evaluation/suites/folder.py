"""A suite in a folder: ``suite.toml`` or ``suite.jsonl``, and the files it names.

suite.toml::

    name = "mine"
    files = ["more.toml"]              # optional: further files with questions

    [[questions]]
    id = "tips-mean"
    category = "aggregation"
    request = "What is the average tip?"
    variables = { tips = "data/tips.csv" }
    returns = { answer = "float" }     # or a list of names; types as in --return
    expected = 2.998279                # or judge = "assert …", Python that runs after the program
    reference = "answer = float(tips.tip.mean())"    # optional
    wrong = ["answer = 3", "…"]                      # optional

suite.jsonl has such a question in each line, and the folder's name. ``expected`` is compared as
``kind`` says: boolean, number (to two decimals), category, list[number] or list[category] (both
without order); by default as its own type says. ``figures`` is how many must be drawn, and
``judge_beside = true`` runs the judge in the program's own process.
"""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from graph_agent.errors import RequestError
from graph_agent.evaluation.judging import expecting
from graph_agent.evaluation.suite import Question, Suite
from graph_agent.records import Record
from graph_agent.type_names import type_named
from sandbox.variables.bundle import check_variable_name

__all__ = ["SUITE_FILES", "suite_in"]

SUITE_FILES = ("suite.toml", "suite.jsonl")
Kind = Literal["boolean", "number", "category", "list[number]", "list[category]"]
Item = str | int | float | bool | None


class _Asked(Record):
    """A question as a file has it."""

    id: str = Field(min_length=1)
    request: str = Field(min_length=1)
    category: str = "all"
    variables: dict[str, str] = Field(default_factory=dict)
    returns: dict[str, str] | list[str] | None = None
    expected: Item | list[Item] = None
    kind: Kind | None = None
    judge: str | None = None
    judge_beside: bool = False
    figures: int = Field(default=0, ge=0)
    reference: str | None = None
    wrong: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.judge is None) == (self.expected is None):
            raise ValueError("give either judge or expected")
        try:
            ast.parse(self.judge or "")
        except SyntaxError as error:
            raise ValueError(
                f"the judge does not parse: {error.msg}, line {error.lineno}"
            ) from None
        return self


def suite_in(folder: Path) -> Suite:
    """Read the suite of a folder.

    Raises:
        RequestError: it isn't one; the message says which file, question and field.
    """
    file = next((folder / name for name in SUITE_FILES if (folder / name).is_file()), None)
    if file is None:
        raise RequestError(f"{str(folder)!r} has neither {' nor '.join(SUITE_FILES)}")
    if file.suffix == ".jsonl":
        name, questions = folder.absolute().name, list(_lines(file))
    else:
        table = _table(file)
        name = str(table.get("name") or folder.absolute().name)
        questions = list(_listed(table, file)) if "questions" in table else []
        for more in table.get("files") or ():
            questions += _listed(_table(folder / str(more)), folder / str(more))
    return Suite(name, tuple(_question(given, folder, where) for given, where in questions))


def _lines(file: Path) -> Iterator[tuple[Any, str]]:
    for number, line in enumerate(_text(file).splitlines(), 1):
        if line.strip():
            where = f"line {number} of {str(file)!r}"
            try:
                yield json.loads(line), where
            except ValueError as error:
                raise RequestError(f"{where} is no JSON: {error}") from error


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        raise RequestError(f"{str(file)!r} is no TOML: {error}") from error


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"cannot read {str(file)!r}: {error}") from error


def _listed(table: dict[str, Any], file: Path) -> Iterator[tuple[Any, str]]:
    given = table.get("questions")
    if not isinstance(given, list):
        raise RequestError(f"{str(file)!r} has no [[questions]]")
    for number, question in enumerate(given, 1):
        yield question, f"question {number} of {str(file)!r}"


def _question(given: Any, folder: Path, where: str) -> Question:
    try:
        asked = _Asked.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        what = first["msg"].removeprefix("Value error, ")
        raise RequestError(f"{where}{f', {field!r}' if field else ''}: {what}") from None
    for name in asked.variables:
        check_variable_name(name)
    files = {name: folder / file for name, file in asked.variables.items()}
    for name, file in files.items():
        if not file.is_file():
            raise RequestError(
                f"{where}: the variable {name!r} needs {str(file)!r}, which isn't there"
            )
    returns = asked.returns
    return Question(
        id=asked.id,
        request=asked.request,
        category=asked.category,
        variables=files,
        returns=(
            {name: type_named(kind) for name, kind in returns.items()}
            if isinstance(returns, dict)
            else returns
        ),
        judge=_judge(asked),
        beside=asked.judge_beside,
        figures=asked.figures,
        reference=asked.reference,
        wrong=tuple(asked.wrong),
    )


def _judge(asked: _Asked) -> str:
    if asked.judge is not None:
        return asked.judge
    name = next(iter(asked.returns or ["answer"]))
    return expecting(asked.expected, asked.kind or _kind_of(asked.expected), name)


def _kind_of(expected: Item | list[Item]) -> Kind:
    if isinstance(expected, list):
        numbers = all(_kind_of(item) == "number" for item in expected)
        return "list[number]" if numbers else "list[category]"
    if isinstance(expected, bool):
        return "boolean"
    return "number" if isinstance(expected, (int, float)) else "category"
