"""Single values: numbers, text, times, paths."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import pathlib
import re
import stat
import sys
import uuid
from typing import Any

from graph_agent.summaries.record import Description, View
from graph_agent.summaries.text import clip, count, short_repr, type_name

__all__ = ["describe_scalar"]

_MAX_VALUE_CHARS = 300
_SCALARS: tuple[type, ...] = (
    bool,
    int,
    float,
    complex,
    decimal.Decimal,
    fractions.Fraction,
    dt.date,
    dt.time,
    dt.timedelta,
    dt.tzinfo,
    uuid.UUID,
    range,
    slice,
    re.Pattern,
    type(...),
    type(NotImplemented),
)


def describe_scalar(value: object, view: View) -> Description | None:
    """Describe a single value, None if it is none."""
    kind: Any = type(value)
    if value is None:
        return Description("None", [])
    if issubclass(kind, pathlib.PurePath):
        return _describe_path(value, view)
    if issubclass(kind, str):
        headline = f"{type_name(value)} of {count(str.__len__(value), 'character')}"  # type: ignore[arg-type]  # issubclass
    elif issubclass(kind, (bytes, bytearray)):
        base = bytes if issubclass(kind, bytes) else bytearray
        headline = f"{type_name(value)} of {count(base.__len__(value), 'byte')}"  # type: ignore[arg-type]  # issubclass
    elif issubclass(kind, memoryview):
        return Description(f"memoryview of {count(memoryview(value).nbytes, 'byte')}", [])  # type: ignore[arg-type]  # issubclass
    elif issubclass(kind, (*_SCALARS, enum.Enum)) or _is_library_scalar(kind):
        headline = type_name(value)
    else:
        return None
    if view.sample:
        headline += f", value {short_repr(value, _MAX_VALUE_CHARS)}"
    return Description(headline, [])


def _is_library_scalar(kind: type) -> bool:
    """Tell numpy's and pandas' scalars, neither of which is imported for it."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and issubclass(kind, numpy.generic):
        return True
    return pandas is not None and issubclass(
        kind,
        (
            *(pandas.Timestamp, pandas.Timedelta, pandas.Period, pandas.Interval),
            *(pandas.DateOffset, type(pandas.NaT), type(pandas.NA)),
        ),
    )


def _describe_path(value: Any, view: View) -> Description:
    """Describe a path by its last part, and what is there; its folders only in a sample."""
    headline = f"{type_name(value)} named {short_repr(value.name, 120)}"
    if value.suffix:
        headline += f", suffix {clip(value.suffix, 20)!r}"
    if isinstance(value, pathlib.Path):
        headline += f", {_on_disk(value)}"
    lines = [f"path: {short_repr(str(value), _MAX_VALUE_CHARS)}"] if view.sample else []
    return Description(headline, lines)


def _on_disk(path: pathlib.Path) -> str:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return "does not exist here"
    if stat.S_ISDIR(status.st_mode):
        return "a folder"
    return f"a file of {count(status.st_size, 'byte')}"
