"""Read JSON, and JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from graph_agent.errors import VariableFileError
from graph_agent.files.columns import frame_of_records
from graph_agent.files.encodings import find_encoding, open_text
from graph_agent.files.reading import Reading

_SCALARS = (str, int, float, bool, type(None))


def read_json(path: Path, reading: Reading) -> Any:
    """Read a JSON file; an array of flat objects becomes a frame."""
    encoding = find_encoding(path, reading)
    with open_text(path, encoding) as file:
        text = file.read()
    try:
        value = json.loads(text)
    except json.JSONDecodeError as exc:
        if exc.msg != "Extra data" or not _starts_with_a_line_of_json(text):
            raise
        reading.assumed.append("JSON lines")
        return _read_lines(text.split("\n"))
    flat = isinstance(value, list) and all(
        isinstance(row, dict) and all(isinstance(cell, _SCALARS) for cell in row.values())
        for row in value
    )
    return frame_of_records(value) if flat and value else value


def read_json_lines(path: Path, reading: Reading) -> Any:
    """Read a file with one JSON value in each line; objects become a frame."""
    with open_text(path, find_encoding(path, reading)) as lines:
        return _read_lines(lines)


def _starts_with_a_line_of_json(text: str) -> bool:
    try:
        json.loads(text.lstrip().partition("\n")[0])
    except json.JSONDecodeError:
        return False
    return True


def _read_lines(lines: Iterable[str]) -> Any:
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as exc:
            raise VariableFileError(
                f"is not JSON in line {number} ({exc.msg}); each line must hold one JSON value"
            ) from exc
    if not rows:
        raise VariableFileError("is empty; give a file with data in it")
    return frame_of_records(rows) if all(isinstance(row, dict) for row in rows) else rows
