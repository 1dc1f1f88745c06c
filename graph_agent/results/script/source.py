"""Writes a value as Python source that makes it again, with files for tables and arrays.

No pickle: parquet, npy and JSON. What is written is read again and compared with the value, so that
the program gets exactly what the run had, or is told that it doesn't.
"""

from __future__ import annotations

import datetime
import decimal
import importlib
import io
import json
import pathlib
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sandbox.errors import PayloadError
from sandbox.results.decode import decode_payload
from sandbox.runner.encode import encode_value
from sandbox.runner.encoding.writer import NotEncodableError
from sandbox.runner.shared.naming import type_name, with_article

FOLDER = "_inputs"
"""What the program calls the folder of the files."""
SHORT_CHARS, MAX_CHARS = 1_000, 100_000
"""A value with a longer source gets a file, if it can; what can't has this many at most."""
MODULES = {
    "_datetime": "datetime",
    "_decimal": "decimal",
    "_json": "json",
    "_numpy": "numpy",
    "_pandas": "pandas",
    "_parquet": "pyarrow.parquet",
    "_polars": "polars",
}
"""What the source calls a module."""
_TIMES = (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone)
_BRACKETS: dict[type, str] = {
    list: "[{}]",
    set: "{{{}}}",
    frozenset: "frozenset([{}])",
    tuple: "({})",
}


class NoSourceError(Exception):
    """A value can't be written; ``str()`` says why."""


class _Source:
    """Writes one value; ``files`` are those that its source reads, by name."""

    def __init__(self, stem: str, copies: Mapping[str, str]) -> None:
        self.files: dict[str, bytes] = {}
        self.copied: dict[str, Any] = {}
        self._stem = stem
        self._copies = copies

    def of(self, value: Any) -> str:
        """Return the source of a value."""
        kind = type(value)
        if value is None or kind in (bool, int, str, bytes, complex, range):
            return repr(value)
        if kind is float:
            return repr(value) if value - value == 0 else f"float({str(value)!r})"
        if kind is dict:
            pairs = (f"{self.of(key)}: {self.of(item)}" for key, item in value.items())
            return "{" + ", ".join(pairs) + "}"
        if kind in _BRACKETS:
            inner = ", ".join(map(self.of, value)) + ("," if kind is tuple and value else "")
            return _BRACKETS[kind].format(inner) if value or kind is not set else "set()"
        if kind in _TIMES:
            return repr(value).replace("datetime.", "_datetime.")
        if kind is decimal.Decimal:
            return f"_decimal.{value!r}"
        if isinstance(value, pathlib.PurePath):
            return self._path(value)
        return self._of_library(value, kind.__module__.partition(".")[0])

    def _path(self, path: pathlib.PurePath) -> str:
        name = self._copies.get(path.as_posix())
        if name is None:
            raise NoSourceError("a path that no file came with")
        self.copied[name] = path
        return f"{FOLDER} / {name!r}"

    def _of_library(self, value: Any, library: str) -> str:
        module = sys.modules.get(library)
        if library == "pandas" and module is not None:
            return self._of_pandas(value, module)
        if library == "numpy" and module is not None:
            return self._of_numpy(value, module)
        if library == "polars" and isinstance(value, getattr(module, "DataFrame", ())):
            value = cast("Any", value)
            return f"_polars.read_parquet({self._written('.parquet', value.write_parquet)})"
        if library == "pyarrow" and isinstance(value, getattr(module, "Table", ())):
            from pyarrow import parquet

            path = self._written(".parquet", lambda file: parquet.write_table(value, file))
            return f"_parquet.read_table({path})"
        raise NoSourceError(f"{with_article(type_name(value))} has no plain file format")

    def _of_numpy(self, value: Any, numpy: Any) -> str:
        if isinstance(value, numpy.generic):
            return f"_numpy{repr(value).removeprefix('np')}"
        if not isinstance(value, numpy.ndarray):
            raise NoSourceError(f"{with_article(type_name(value))} has no plain file format")
        path = self._written(".npy", lambda file: numpy.save(file, value, allow_pickle=False))
        return f"_numpy.load({path}, allow_pickle=False)"

    def _of_pandas(self, value: Any, pandas: Any) -> str:
        if isinstance(value, pandas.DataFrame):
            return self._frame(value)
        if isinstance(value, pandas.Series):
            frame = self._frame(value.to_frame(name="values"))
            return f"{frame}['values'].rename({self.of(value.name)})"
        if value is pandas.NaT or value is pandas.NA:
            return f"_pandas.{value!r}".replace("<NA>", "NA")
        if isinstance(value, (pandas.Timestamp, pandas.Timedelta)):
            return f"_pandas.{value!r}"
        raise NoSourceError(f"{with_article(type_name(value))} has no plain file format")

    def _frame(self, frame: Any) -> str:
        """Write a table; columns of mixed values, which parquet doesn't take, become JSON."""
        mixed = [name for name, dtype in frame.dtypes.items() if str(dtype) == "object"]
        if not mixed:
            return f"_pandas.read_parquet({self._written('.parquet', frame.to_parquet)})"
        plain = frame.drop(columns=mixed)
        table = f"_pandas.read_parquet({self._written('.parquet', plain.to_parquet)})"
        values = {name: frame[name].tolist() for name in mixed}
        others = f"_pandas.DataFrame({self._json(values)}, dtype=object)"
        return f"{table}.join({others})[{self.of(list(frame.columns))}]"

    def _json(self, value: Any) -> str:
        text = json.dumps(value, ensure_ascii=False)
        path = self._written(".json", lambda file: file.write(text.encode()))
        return f"_json.loads(({path}).read_text('utf-8'))"

    def _written(self, suffix: str, write: Any) -> str:
        file = io.BytesIO()
        write(file)
        number = len(self.files) + 1
        name = f"{self._stem}{'' if number == 1 else f'-{number}'}{suffix}"
        self.files[name] = file.getvalue()
        return f"{FOLDER} / {name!r}"

    def in_a_file(self, value: Any) -> str:
        """Return the source of a long value of Python's own types, which is kept as JSON."""
        return self._json(value)


class _Folder:
    """Stands for the folder of the files while they are read again."""

    def __init__(self, source: _Source) -> None:
        self._source = source

    def __truediv__(self, name: str) -> Any:
        return self._source.copied.get(name) or _File(self._source.files.get(name, b""))


class _File(io.BytesIO):
    def read_text(self, encoding: str) -> str:
        return self.getvalue().decode(encoding)


def make(args: list[Any], parts: list[bytearray]) -> tuple[dict[str, Any], Sequence[bytes]]:
    """Write one value in a child; return its source and the names of its files, or the reason.

    ``args``: how its files' names begin, how many bytes they may have, and the names of copied
    files by their paths in the value.
    """
    stem, most_bytes, copies = args
    payload = bytes(parts[0])
    parts.clear()
    try:
        value = decode_payload(payload)
        source, text = _exact(value, payload, stem, copies)
    except PayloadError as error:
        return {"reason": str(error)}, ()
    except NoSourceError as error:
        return {"reason": str(error)}, ()
    if sum(map(len, source.files.values())) > most_bytes:
        return {"reason": "it is too large to be saved again"}, ()
    modules = sorted(name for name in MODULES if re.search(rf"\b{name}\b", text))
    names = list(source.files)
    made = {"source": text, "modules": modules, "names": names, "copied": list(source.copied)}
    return made, [*source.files.values()]


def _exact(value: Any, payload: bytes, stem: str, copies: Mapping[str, str]) -> tuple[_Source, str]:
    """Return the first source that makes the very same value."""
    for in_a_file, max_chars in ((False, SHORT_CHARS), (True, MAX_CHARS), (False, MAX_CHARS)):
        source = _Source(stem, copies)
        try:
            text = source.in_a_file(value) if in_a_file else source.of(value)
            if len(text) <= max_chars and _same(_read_again(text, source), value, payload):
                return source, text
        except NoSourceError:
            raise
        except Exception:  # noqa: S112  # a library refuses the value, or doesn't give it back
            continue
    raise NoSourceError(f"{with_article(type_name(value))} isn't the same after saving it")


def _read_again(text: str, source: _Source) -> Any:
    """Run the source, which consists of this module's words and of literals."""
    modules = {
        name: importlib.import_module(module)
        for name, module in MODULES.items()
        if re.search(rf"\b{name}\b", text)
    }
    return eval(text, {**modules, FOLDER: _Folder(source)})  # noqa: S307  # see above


def _same(again: Any, value: Any, payload: bytes) -> bool:
    """Whether a value was read as it was: encoded alike, or equal in content, types and labels."""
    try:
        if b"".join(encode_value(again)) == payload:
            return True
    except NotEncodableError:
        return False
    return _equal(again, value)


def _equal(again: Any, value: Any) -> bool:
    kind = type(value)
    if type(again) is not kind:
        return False
    if kind is dict:
        pairs = zip(again.items(), value.items(), strict=True)
        return len(again) == len(value) and all(_equal(a, b) for a, b in pairs)
    if kind in (list, tuple):
        return len(again) == len(value) and all(map(_equal, again, value))
    library = kind.__module__.partition(".")[0]
    if library == "pandas":
        from pandas import testing

        compare = testing.assert_frame_equal if value.ndim == 2 else testing.assert_series_equal
        compare(again, value, check_exact=True, check_freq=False)
        return True
    if library == "polars":
        return bool(again.schema == value.schema and again.equals(value))
    return _encoded(again) == _encoded(value)


def _encoded(value: Any) -> bytes:
    return b"".join(encode_value(value))
