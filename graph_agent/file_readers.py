"""One reader for each file format a variable can come in.

A reader takes a path and returns the value. It lets its parser's exceptions
through and raises :class:`VariableFileError` where it has better words: the
rest of a sentence that starts with the file's path. Files are opened here, so
that no parser sees in a path a URL, a partition (``year=2020/``) or a glob.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import json
import lzma
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import IO, Any, cast

from graph_agent.errors import VariableFileError

__all__ = ["Reader", "read_pickle", "reader_for"]

Reader = Callable[[Path], Any]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OPENERS: Mapping[str, Callable[[Path, str], IO[bytes]]] = MappingProxyType(
    {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}  # type: ignore[dict-item]  # mode "rb" only
)
_MAX_HEADER_CHARS = 1_000_000
_SCALARS = (str, int, float, bool, type(None))


def reader_for(file_name: str) -> Reader | None:
    """Return the reader for what the name ends in, None if there is none."""
    suffixes = [suffix.lower() for suffix in PurePath(file_name).suffixes]
    if suffixes and suffixes[-1] in _OPENERS:
        return _TEXT.get(suffixes[-2]) if len(suffixes) > 1 else None
    return (_TEXT | _BINARY).get(suffixes[-1]) if suffixes else None


def _open(path: Path) -> IO[bytes]:
    opener = _OPENERS.get(path.suffix.lower())
    return opener(path, "rb") if opener else path.open("rb")


def _encoding(path: Path) -> str:
    with _open(path) as file:
        start = file.read(4)
    return next((name for mark, name in _BOMS if start.startswith(mark)), "utf-8")


def _text(path: Path) -> io.TextIOWrapper:
    # IO[bytes] is what gzip, bz2 and lzma agree on; all of them are buffered readers.
    return io.TextIOWrapper(cast(io.BufferedReader, _open(path)), encoding=_encoding(path))


def _read_csv(path: Path) -> Any:
    with _text(path) as lines:
        header = lines.readline(_MAX_HEADER_CHARS)
    # Spreadsheets of many countries, and their Unicode export, write "CSV" otherwise.
    return _read_delimited(path, next((s for s in ",;\t" if s in header), ","))


def _read_tsv(path: Path) -> Any:
    return _read_delimited(path, "\t")


def _read_delimited(path: Path, separator: str) -> Any:
    import pandas as pd

    with _open(path) as file:
        # low_memory guesses a column's type chunk by chunk, and may mix them.
        return pd.read_csv(file, sep=separator, encoding=_encoding(path), low_memory=False)


def _read_json(path: Path) -> Any:
    with _text(path) as lines:
        value = json.load(lines)
    if isinstance(value, list) and value and all(_is_flat(row) for row in value):
        return _frame(value)
    return value


def _read_json_lines(path: Path) -> Any:
    rows = []
    with _text(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as exc:
                raise VariableFileError(
                    f"is not JSON in line {number} ({exc.msg}); each line must be one JSON value"
                ) from exc
    if not rows:
        raise VariableFileError("is empty; give a file with data in it")
    return _frame(rows) if all(isinstance(row, dict) for row in rows) else rows


def _is_flat(row: object) -> bool:
    return isinstance(row, dict) and all(isinstance(cell, _SCALARS) for cell in row.values())


def _frame(rows: list[Any]) -> Any:
    import pandas as pd

    return pd.DataFrame(rows)


def _read_parquet(path: Path) -> Any:
    import pandas as pd

    with path.open("rb") as file:
        return pd.read_parquet(file)


def _read_arrow(path: Path) -> Any:
    """Read an IPC file (which Feather version 2 is) or an IPC stream."""
    import pyarrow as pa
    import pyarrow.feather

    with path.open("rb") as file:
        magic = file.read(6)
        file.seek(0)
        if magic == b"ARROW1":
            return pa.ipc.open_file(file).read_pandas()
        if magic.startswith(b"FEA1"):
            return pyarrow.feather.read_feather(file)
        return pa.ipc.open_stream(file).read_pandas()


def _read_excel(path: Path) -> Any:
    import pandas as pd

    with path.open("rb") as file, warnings.catch_warnings():
        # openpyxl warns of styles and validations it does not know; values are unharmed.
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        sheets = pd.read_excel(file, sheet_name=None, engine="openpyxl")
    filled = {str(name): frame for name, frame in sheets.items() if frame.shape != (0, 0)}
    if not filled:
        raise VariableFileError("has no sheet with cells in it; give a file with data in it")
    return filled if len(filled) > 1 else next(iter(filled.values()))


def _read_npy(path: Path) -> Any:
    import numpy as np

    with path.open("rb") as file:
        if file.read(6) != np.lib.format.MAGIC_PREFIX:
            raise VariableFileError("is not an .npy file; write it with numpy.save")
        file.seek(0)
        try:
            return np.load(file, allow_pickle=False)
        except ValueError as exc:
            if "allow_pickle" not in str(exc):
                raise
            raise VariableFileError(
                "holds Python objects, which are not read from .npy; save numbers, or use parquet"
            ) from exc


def read_pickle(path: Path) -> Any:
    """Unpickle a file. This runs code of its maker's choice: ask the user first."""
    import pickle

    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301  # only where the user said to trust it


_TEXT: dict[str, Reader] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
}
_BINARY: dict[str, Reader] = {
    ".parquet": _read_parquet,
    ".feather": _read_arrow,
    ".arrow": _read_arrow,
    ".ipc": _read_arrow,
    ".arrows": _read_arrow,
    ".xlsx": _read_excel,
    ".xlsm": _read_excel,
    ".npy": _read_npy,
    ".pkl": read_pickle,
    ".pickle": read_pickle,
}
