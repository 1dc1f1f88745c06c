"""One reader for each file format of a variable.

A reader takes a path and a :class:`Reading`, and returns the value. It passes on its parser's
exceptions, or raises :class:`VariableFileError` with a clearer text: the rest of a sentence
that starts with the file's path. It opens files itself, so that no parser takes a path for a
URL, a partition (``year=2020/``) or a glob.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from graph_agent.errors import VariableFileError
from graph_agent.files.columns import frame_of_table
from graph_agent.files.delimited import read_delimited
from graph_agent.files.encodings import OPENERS
from graph_agent.files.json_files import read_json, read_json_lines
from graph_agent.files.reading import Reading
from graph_agent.files.workbooks import read_workbook

Reader = Callable[[Path, Reading], Any]


def reader_for(file_name: str) -> Reader | None:
    """Return the reader for a file name's ending, or None if there is none."""
    suffixes = [suffix.lower() for suffix in PurePath(file_name).suffixes]
    if suffixes and suffixes[-1] in OPENERS:
        return _TEXT.get(suffixes[-2]) if len(suffixes) > 1 else None
    return (_TEXT | _BINARY).get(suffixes[-1]) if suffixes else None


def _read_parquet(path: Path, _: Reading) -> Any:
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        return frame_of_table(pq.ParquetFile(file).read())


def _read_arrow(path: Path, _: Reading) -> Any:
    """Read an IPC file (the format of Feather version 2) or an IPC stream."""
    import pyarrow as pa
    import pyarrow.feather

    with path.open("rb") as file:
        magic = file.read(6)
        file.seek(0)
        if magic == b"ARROW1":
            return frame_of_table(pa.ipc.open_file(file).read_all())
        if magic.startswith(b"FEA1"):
            return frame_of_table(pyarrow.feather.read_table(file))
        return frame_of_table(pa.ipc.open_stream(file).read_all())


def _read_npy(path: Path, _: Reading) -> Any:
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
                "contains Python objects, which are never read from .npy; save numbers, or use"
                " parquet"
            ) from exc


def read_pickle(path: Path, _: Reading) -> Any:
    """Unpickle a file. That can run any code, so only call it if the user trusts the file."""
    import pickle

    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301  # the user said to trust it


_TEXT: dict[str, Reader] = {
    ".csv": read_delimited,
    ".tsv": partial(read_delimited, usual="\t"),
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
}
_BINARY: dict[str, Reader] = {
    ".parquet": _read_parquet,
    ".feather": _read_arrow,
    ".arrow": _read_arrow,
    ".ipc": _read_arrow,
    ".arrows": _read_arrow,
    ".xlsx": read_workbook,
    ".xlsm": read_workbook,
    ".npy": _read_npy,
    ".pkl": read_pickle,
    ".pickle": read_pickle,
}
