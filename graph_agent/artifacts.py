"""Leaves a run behind as files: transcript, code, figures, tables."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

from graph_agent.records import Attempt
from graph_agent.result import decode_reference
from graph_agent.state import AgentOutput
from graph_agent.transcript import figure_name, render
from sandbox.errors import PayloadError, VariableStoreError
from sandbox.store import VariableStore

MAX_JSON_CHARS = 100_000
MAX_FILE_NAME_CHARS = 60


def save_run(output: AgentOutput, store: VariableStore, folder: Path) -> list[Path]:
    """Write a run's files into ``folder`` and return them.

    ``transcript.md``; ``code.py``; every attempt's figures; the last run's
    tables as CSV, arrays as npy, and what JSON can hold in ``values.json``.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [_write(folder / "transcript.md", _utf8(render(output, figure_folder=".")))]
    if output.get("code"):
        written.append(_write(folder / "code.py", _utf8(output["code"])))
    attempts = [Attempt.model_validate(one) for one in output.get("attempts") or []]
    for attempt in attempts:
        for index, figure in enumerate(attempt.execution.figures if attempt.execution else [], 1):
            for one in filter(None, (figure, figure.preview)):
                path = folder / figure_name(attempt.number, index, one.mime)
                written.append(_write(path, store.get(one.sha256)))
    ran = [one.execution for one in attempts if one.execution is not None]
    if ran:
        values = {}
        for reference in ran[-1].variables:
            try:
                values[reference.name] = decode_reference(reference, store)
            except (PayloadError, VariableStoreError):  # told in the transcript by its summary
                continue
        written += save_values(values, folder)
    return written


def save_values(values: dict[str, Any], folder: Path) -> list[Path]:
    """Write values as files: tables as CSV, arrays as npy, the rest as JSON where it goes.

    The code chose the names, so none of these replaces a file with another
    content: the folder may be the one its input came from.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written, plain = [], {}
    for name, value in values.items():
        table = _table(name, value)
        if table is not None:
            written.append(_write_beside(folder, *table))
        elif (shown := json_value(value)) is not None:
            plain[name] = shown
    if plain:
        text = json.dumps(plain, indent=2, ensure_ascii=False)
        written.append(_write_beside(folder, "values.json", _utf8(text)))
    return written


def json_value(value: object) -> Any:
    """Return a value that JSON holds as it is and that is not too long; None for the rest."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.generic):
            return json_value(value.item())
        return None
    return json.loads(text) if len(text) <= MAX_JSON_CHARS else None


def _table(name: str, value: Any) -> tuple[str, bytes] | None:
    """Return the file name and content of a table or array; None for what has no such form."""
    # A name out of a container, but an identifier by then: no separator, no dot.
    if len(name) > MAX_FILE_NAME_CHARS:
        return None
    pandas, numpy, polars = (sys.modules.get(one) for one in ("pandas", "numpy", "polars"))
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        return f"{name}.csv", _utf8(value.to_csv())
    if polars is not None and isinstance(value, polars.DataFrame):
        try:
            return f"{name}.csv", _utf8(value.write_csv())
        except polars.exceptions.ComputeError:  # nested columns have no CSV
            return None
    if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype.kind != "O":
        buffer = io.BytesIO()
        numpy.save(buffer, value, allow_pickle=False)
        return f"{name}.npy", buffer.getvalue()
    return None


def _write_beside(folder: Path, name: str, data: bytes) -> Path:
    """Write a file under its name, or a numbered one if that is taken by other content."""
    stem, _, kind = name.rpartition(".")
    path, number = folder / name, 1
    while path.is_symlink() or path.exists():
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return path
        number += 1
        path = folder / f"{stem}-{number}.{kind}"
    return _write(path, data)


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _utf8(text: str) -> bytes:
    # A model's answer, or a value, may hold half of a surrogate pair.
    return text.encode("utf-8", "backslashreplace")
