"""The files of a run's values, written by a child process within limits.

A value of a few bytes can stand for a file of terabytes: a range as an index, one long text in
every row, a sparse column.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from graph_agent.results.formulas import pandas_without_formulas, polars_without_formulas
from sandbox.confined import Limits, call
from sandbox.errors import ConfinedError, PayloadError
from sandbox.records import Payload
from sandbox.results.decode import decode_payload, libraries_of
from sandbox.runner.shared.limits import CODEC

MAX_JSON_CHARS = 100_000
MAX_FILE_NAME_CHARS = 60
MAX_CSV_BYTES = 256 << 20
"""A larger table is saved as parquet."""
CSV_S = 15.0
"""Processor time for one CSV; then parquet is tried."""
VALUE_S = 30.0
RUN_S = 60.0
MAX_BYTES_TOGETHER = 1 << 30
MEMORY_BYTES = 1 << 30
"""For one value, besides eight times its payload."""
MOST_MEMORY_BYTES = 6 << 30


class ValueFiles(dict[str, bytes]):
    """The files, name to content. ``left_out``: name of a value to why it has none."""

    def __init__(self) -> None:
        self.left_out: dict[str, str] = {}


def value_files(payloads: Mapping[str, Payload], keep_formulas: bool = False) -> ValueFiles:
    """Make tables into CSV or parquet, arrays into npy, what JSON can hold into ``values.json``.

    Text in a table that a spreadsheet would run as a formula gets an apostrophe before it, unless
    ``keep_formulas`` is set.
    """
    files, plain = ValueFiles(), {}
    left_s, left_bytes = RUN_S, MAX_BYTES_TOGETHER
    for name, payload in payloads.items():
        # The name comes from a container, but it is an identifier: it has no separator and no dot.
        if len(name) > MAX_FILE_NAME_CHARS or payload.codec != CODEC:
            continue
        if left_s <= 0:
            files.left_out[name] = f"saving all values takes more than {RUN_S:g} s"
            continue
        try:
            kind, data, used_s = _made(payload, min(left_s, VALUE_S), left_bytes, keep_formulas)
        except ConfinedError as error:
            files.left_out[name] = f"as a file, {error}"
            left_s -= min(left_s, VALUE_S) if error.cause == "time" else 1
            continue
        left_s -= used_s
        left_bytes -= len(data)
        if kind == "json":
            plain[name] = json.loads(data)
        elif kind == "left_out":
            files.left_out[name] = data.decode("utf-8", "replace")
        elif kind:
            files[f"{name}{kind}"] = data
    if plain:
        files["values.json"] = utf8(json.dumps(plain, indent=2, ensure_ascii=False))
    return files


def _made(
    payload: Payload, cpu_s: float, left_bytes: int, keep_formulas: bool
) -> tuple[str, bytes, float]:
    """Let a child make a value's file; return its kind, its content and the time it took."""
    memory = min(MEMORY_BYTES + 8 * len(payload.data), MOST_MEMORY_BYTES)
    reply = call(
        "graph_agent.results.value_files:make",
        [min(MAX_CSV_BYTES, left_bytes), left_bytes, CSV_S, keep_formulas],
        [payload.data],
        limits=Limits(cpu_s, memory),
        libraries=libraries_of(payload.data),
        max_reply_bytes=left_bytes + (1 << 20),
    )
    return str(reply.value), bytes(reply.parts[0]) if reply.parts else b"", reply.cpu_s


def make(limits: list[Any], parts: list[bytearray]) -> tuple[str, Sequence[bytes]]:
    """Make one value's file in a child; return its kind and its content.

    The kind is a file's suffix, ``json``, ``left_out`` with the reason, or empty.
    """
    csv_bytes, most_bytes, csv_s, keep_formulas = limits
    try:
        value = decode_payload(parts[0])
    except PayloadError as error:
        return "left_out", (f"as a file, {error}".encode(),)
    parts.clear()
    made = _table(value, csv_bytes, most_bytes, csv_s, keep_formulas)
    if made is not None:
        return made[0], (made[1],)
    shown = json_value(value)
    return ("", ()) if shown is None else ("json", (json.dumps(shown).encode(),))


def _table(
    value: Any, csv_bytes: int, most_bytes: int, csv_s: float, keep_formulas: bool
) -> tuple[str, bytes] | None:
    """Return the suffix and content of a table or array; None for anything else."""
    pandas, numpy, polars = (sys.modules.get(name) for name in ("pandas", "numpy", "polars"))
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        csv = _Bounded(csv_bytes, csv_s)
        shown = value if keep_formulas else pandas_without_formulas(value)
        with io.TextIOWrapper(csv, "utf-8", "backslashreplace", newline="") as text:
            if csv.take(lambda: shown.to_csv(text)) and csv.take(text.flush):
                return ".csv", csv.content()
        frame = value.to_frame() if isinstance(value, pandas.Series) else value
        return _parquet(frame.to_parquet, most_bytes)
    if polars is not None and isinstance(value, polars.DataFrame):
        if any(dtype.is_nested() for dtype in value.dtypes):
            return None  # CSV has no nested columns
        csv = _Bounded(csv_bytes, csv_s)
        plain = value if keep_formulas else polars_without_formulas(value)
        if csv.take(lambda: plain.write_csv(csv)):
            return ".csv", csv.content()
        return _parquet(value.write_parquet, most_bytes)
    if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype.kind != "O":
        npy = _Bounded(most_bytes, VALUE_S)
        if npy.take(lambda: numpy.save(npy, value, allow_pickle=False)):
            return ".npy", npy.content()
        return "left_out", f"as a file, it is larger than {most_bytes} bytes".encode()
    return None


def _parquet(write: Any, most_bytes: int) -> tuple[str, bytes]:
    file = _Bounded(most_bytes, VALUE_S)
    try:
        if file.take(lambda: write(file)):
            return ".parquet", file.content()
        reason = f"it is larger than {most_bytes} bytes"
    except MemoryError:
        reason = "it takes too much memory"
    except Exception as error:  # not every table fits into parquet
        reason = f"it is too large for CSV, and parquet doesn't take it ({type(error).__name__})"
    return "left_out", f"as a file, {reason}".encode()


class _TooMuchError(Exception):
    """A file is over its limit."""


class _Bounded(io.BytesIO):
    """A file in memory that refuses to grow beyond a size, or after a time."""

    def __init__(self, max_bytes: int, max_s: float) -> None:
        super().__init__()
        self._max_bytes = max_bytes
        self._deadline_s = time.process_time() + max_s
        self._is_over = False

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self._is_over |= self.tell() + size > self._max_bytes
        self._is_over |= time.process_time() > self._deadline_s
        if self._is_over:
            raise _TooMuchError
        return super().write(data)

    def take(self, write: Any) -> bool:
        """Let ``write`` fill the file; return False if it refused."""
        try:
            write()
        except Exception:  # a library may wrap ours
            if not self._is_over:
                raise
        return not self._is_over

    def content(self) -> bytes:
        return self.getvalue()

    def close(self) -> None:
        """Stay readable: wrappers close what they wrap."""


def json_value(value: object) -> Any:
    """Return a value in its JSON form; None if it has none or is too long."""
    parts: list[str] = []
    size = 0
    try:
        for part in json.JSONEncoder(allow_nan=False).iterencode(value):
            parts.append(part)
            size += len(part)
            if size > MAX_JSON_CHARS:
                return None
    except (TypeError, ValueError, RecursionError):
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(value, numpy.generic):
            return None
        plain = value.item()
        # A long double has no Python type.
        return None if isinstance(plain, numpy.generic) else json_value(plain)
    return json.loads("".join(parts))


def utf8(text: str) -> bytes:
    """Encode text; a model's answer or a value may hold half of a surrogate pair."""
    return text.encode("utf-8", "backslashreplace")
