"""Judges programs by running them once more in the sandbox, followed by the suite's judge."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_agent.evaluation import answers
from graph_agent.evaluation.suite import Question
from graph_agent.files.variable_files import read_variable_files
from sandbox.protocol import Sandbox
from sandbox.records import Execution

__all__ = ["Verdict", "expecting", "judged", "values_of"]


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and if not, why."""

    right: bool
    why: str = ""


def expecting(expected: Any, kind: str, name: str = "answer") -> str:
    """Return a judge that compares the variable ``name`` with an expected answer."""
    compared = f"same_answer({name}, {expected!r}, {kind!r})"
    return f"{inspect.getsource(answers)}\n\nassert {compared}, 'another answer is expected'\n"


def judged(sandbox: Sandbox, question: Question, code: str) -> Verdict:
    """Run a program and its judge.

    Raises:
        SandboxUnavailableError: the environment can't run anything.
    """
    values = values_of(question)
    if question.beside:
        run = sandbox.run(f"{code}\n\n\n{question.judge}", values, returns=[])
    else:
        run = sandbox.run(code, values, returns=[], checks=question.judge)
    return _verdict(run, question)


def values_of(question: Question) -> dict[str, Any]:
    """Read a question's variables; a file is read once for all questions about it.

    Raises:
        VariableFileError: a file can't be read.
    """
    return {name: _read(path) for name, path in question.variables.items()}


@functools.lru_cache(maxsize=32)
def _read(path: Path) -> Any:
    values: Mapping[str, Any] = read_variable_files([f"value={path}"])
    return values["value"]


def _verdict(run: Execution, question: Question) -> Verdict:
    if not run.ok:
        error = run.error
        why = run.detail if error is None else f"{error.name}: {error.message}"
        return Verdict(False, why or run.outcome)
    if run.check_error is not None:
        return Verdict(False, run.check_error.message or run.check_error.name)
    if len(run.figures) < question.figures:
        return Verdict(False, f"{len(run.figures)} figures instead of {question.figures}")
    return Verdict(True)
