"""Saves a run as files: transcript, code, figures, files the code left, tables."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from graph_agent.records import ExecutionRecord, attempts_of
from graph_agent.results.output_folder import SavedFiles, numbered, safe_name, save_files
from graph_agent.results.script.inputs import Input
from graph_agent.results.script.program import FILES_IN, program
from graph_agent.results.transcript import figure_name, render
from graph_agent.results.value_files import utf8, value_files
from graph_agent.state import AgentOutput
from sandbox.errors import VariableStoreError
from sandbox.records import Execution, Payload
from sandbox.results.figure_formats import figure_suffix
from sandbox.variables.store import VariableStore

TRANSCRIPT, CODE = "transcript.md", "code.py"


def save_run(
    output: AgentOutput,
    store: VariableStore,
    folder: Path,
    run: str = "",
    *,
    keep_formulas: bool = False,
    report: str = "",
    inputs: Sequence[Input] = (),
) -> SavedFiles:
    """Write a run's files into ``folder`` and return their paths; see :func:`save_files`.

    They are ``transcript.md``, ``code.py``, the figures of all attempts, and of the last attempt
    that ran the files it left and its values, see :func:`value_files`. ``run`` is the run's
    thread: when it is saved there again, it replaces its own files. ``keep_formulas``: see
    :func:`value_files`. ``report``: the page to save as ``report.html``; empty: none. ``inputs``:
    the variables that ``code.py`` loads from files beside it.

    Raises:
        OSError: the folder can't be written.
    """
    files: dict[str, bytes] = {}
    if report:
        files["report.html"] = utf8(report)
    if output.get("code"):
        files[CODE] = b""  # written when its files have their names
        files |= {
            f"{FILES_IN}/{name}": data for each in inputs for name, data in each.files.items()
        }
    last: ExecutionRecord | None = None
    for attempt in attempts_of(output):
        last = attempt.execution or last
        for index, figure in enumerate(attempt.execution.figures if attempt.execution else (), 1):
            for image in filter(None, (figure, figure.preview)):
                files[figure_name(attempt.number, index, image.mime)] = store.get(image.sha256)
    left: dict[str, bytes] = {}
    values: dict[str, Payload] = {}
    for file in last.files if last else ():
        with contextlib.suppress(VariableStoreError):
            left[file.name] = store.get(file.sha256)
    for reference in last.variables if last else ():
        # The transcript has the summary of a value that isn't there any more.
        with contextlib.suppress(VariableStoreError):
            data = store.get(reference.sha256)
            values[reference.name] = Payload(reference.codec, reference.type, data)
    own = {TRANSCRIPT: b"", **files}
    made = value_files(values, keep_formulas)
    renamed = add_files(own, left, made)
    del own[TRANSCRIPT]

    def contents(names: Mapping[str, str]) -> dict[str, bytes]:
        saved = {TRANSCRIPT: utf8(render(output, figure_folder=".", names=names)), **own}
        if CODE in files:
            first = next((name for name in files if name.startswith(f"{FILES_IN}/")), "")
            folder = names.get(first, first).partition("/")[0]
            saved[CODE] = utf8(program(output, inputs, folder))
        return saved

    saved = save_files(folder, [TRANSCRIPT, *own], contents, run=run)
    return with_notes(saved, renamed, made.left_out)


def save_execution(run: Execution, folder: Path, *, keep_formulas: bool = False) -> SavedFiles:
    """Write what one execution left: its figures, files and values; see :func:`save_files`.

    Raises:
        OSError: the folder can't be written.
    """
    own: dict[str, bytes] = {}
    for index, figure in enumerate(run.figures, 1):
        for image in filter(None, (figure, figure.preview)):
            own[f"figure-{index}{figure_suffix(image.mime)}"] = image.data
    made = value_files({name: run.payloads[name] for name in run.variables}, keep_formulas)
    renamed = add_files(own, run.files, made)
    saved = save_files(folder, own, lambda _: own)
    return with_notes(saved, renamed, made.left_out)


def add_files(
    own: dict[str, bytes], left: Mapping[str, bytes], values: Mapping[str, bytes]
) -> dict[str, str]:
    """Add the files that the code left and those of its values; numbers tell equal names apart.

    The code's files come first: "save it as means.csv" means that file, not a variable's table.
    Returns the names of the code's files that got another one.
    """
    taken = {name.casefold() for name in own}
    renamed = {}
    for name, data in (*left.items(), *values.items()):
        free = safe = safe_name(name)  # two names may become the same one
        number = 1
        while free.casefold() in taken:
            if own.get(free) == data:
                break
            number += 1
            free = numbered(safe, number)
        taken.add(free.casefold())
        own[free] = data
        if free != name and left.get(name) is data:
            renamed[name] = free
    return renamed


def with_notes(
    saved: SavedFiles, renamed: Mapping[str, str], left_out: Mapping[str, str]
) -> SavedFiles:
    """Name the code's files by the names that the code gave them, and what has no file."""
    actual = {name: saved.renamed.pop(free, free) for name, free in renamed.items()}
    return SavedFiles(saved, {**saved.renamed, **actual}, left_out)
