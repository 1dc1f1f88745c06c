"""Summarize any value: single values here, others by the function that describes them."""

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
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from graph_agent.records import PrivacyLevel
from graph_agent.summaries.arrays import describe_array
from graph_agent.summaries.arrow_tables import describe_arrow
from graph_agent.summaries.callables import describe_callable
from graph_agent.summaries.containers import describe_container
from graph_agent.summaries.objects import describe_object
from graph_agent.summaries.pandas_frames import describe_pandas
from graph_agent.summaries.parts import (
    Description,
    VariableSummary,
    View,
    escape_unprintable,
    fit_lines,
    quantity,
    short_repr,
    truncate,
    type_name,
)
from graph_agent.summaries.polars_frames import describe_polars

_MAX_COLUMNS = 2_000
_MAX_NAME_CHARS = 200
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
    enum.Enum,
)


def describe_scalar(value: object, view: View) -> Description | None:
    """Describe a single value; return None for anything else."""
    kind: Any = type(value)
    if value is None:
        return Description("None", [])
    if issubclass(kind, pathlib.PurePath):
        return _describe_path(value, view)
    if issubclass(kind, str):
        headline = f"{type_name(value)} of {quantity(str.__len__(value), 'character')}"  # type: ignore[arg-type]  # issubclass
    elif issubclass(kind, (bytes, bytearray)):
        base = bytes if issubclass(kind, bytes) else bytearray
        headline = f"{type_name(value)} of {quantity(base.__len__(value), 'byte')}"  # type: ignore[arg-type]  # issubclass
    elif issubclass(kind, memoryview):
        return Description(f"memoryview of {quantity(memoryview(value).nbytes, 'byte')}", [])  # type: ignore[arg-type]  # issubclass
    elif issubclass(kind, _SCALARS) or _is_library_scalar(kind):
        headline = type_name(value)
    else:
        return None
    if view.sample:
        headline += f", value {short_repr(value, _MAX_VALUE_CHARS)}"
    return Description(headline, [])


def _is_library_scalar(kind: type) -> bool:
    """Whether a class is a scalar of numpy or pandas, without importing them."""
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
    """Describe a path by its last part and its file; show folders at ``sample`` only."""
    headline = f"{type_name(value)} named {short_repr(value.name, 120)}"
    if value.suffix:
        headline += f", suffix {truncate(value.suffix, 20)!r}"
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
    return f"a file of {quantity(status.st_size, 'byte')}"


_Describer = Callable[[object, View], Description | None]
_TABLE_DESCRIBERS: dict[str, _Describer] = {
    "pandas": describe_pandas,
    "polars": describe_polars,
    "pyarrow": describe_arrow,
}
"""By the library that defines the value's class or a base of it."""
_DESCRIBERS: tuple[_Describer, ...] = (
    describe_scalar,
    describe_array,
    describe_container,
    describe_callable,
    describe_object,
)
"""Each returns None for other kinds of values; the last describes any value."""


def summarize(
    name: str, value: object, *, level: PrivacyLevel = "sample", max_chars: int = 2_000
) -> VariableSummary:
    """Describe a variable for the model, showing only what ``level`` allows.

    Never raises, whatever the value's methods do. Doesn't change or consume the value,
    calls none of its properties, and reads a limited part of it. ``text`` has at most
    ``max_chars`` characters and says where something was left out.
    """
    view = View(level=level, max_chars=max_chars, recurse=_describe)
    description = _describe(value, view)
    lines = [f"{name}: {description.headline}", *(f"  {line}" for line in description.lines)]
    # A repr of several lines could look like other parts of a prompt.
    lines = [line.replace("\n", "\\n") for line in lines]
    return VariableSummary(
        name=name,
        type=truncate(escape_unprintable(type_name(value)), _MAX_NAME_CHARS),
        # Escaping makes text longer, so limit it before (to escape little) and after.
        text=fit_lines(escape_unprintable(fit_lines(lines, max_chars)).split("\n"), max_chars),
        level=level,
        columns=(columns := _column_names(description.columns)),
        closed=description.closed and len(columns) == len(description.columns),
    )


def _describe(value: object, view: View) -> Description:
    failed = ""
    for describer in (*_table_describers(type(value)), *_DESCRIBERS):
        try:
            description = describer(value, view)
        except (Exception, SystemExit) as exc:  # a value may do anything
            # Without the message, which may quote data.
            failed = failed or f" (inspecting it raised {type(exc).__name__})"
            continue
        if description is not None:
            return description._replace(headline=description.headline + failed)
    return Description(type_name(value) + failed, [])


def _table_describers(kind: type) -> Iterator[_Describer]:
    # Not through the class's own attributes: a metaclass may do anything.
    for base in type.__getattribute__(kind, "__mro__"):
        library = str(type.__getattribute__(base, "__module__")).partition(".")[0]
        if library in _TABLE_DESCRIBERS:
            yield _TABLE_DESCRIBERS[library]
            return


def _column_names(names: Sequence[Any]) -> list[str]:
    return [
        str.__str__(name)
        for name in names[:_MAX_COLUMNS]
        # Through the base class, because a derived one's methods may do anything.
        if issubclass(type(name), str)
        and 0 < str.__len__(name) <= _MAX_NAME_CHARS
        and str.isprintable(name)
    ]
