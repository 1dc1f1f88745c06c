"""pandas' scalars."""

from __future__ import annotations

import sys
from typing import Any

from .pandas_arrays import checked_frequency
from .stdlib_values import encode_zone
from .writer import Node, Writer


def encode_scalar(writer: Writer, value: Any) -> Node | None:
    """Encode a scalar of a pandas type, None if it is not one of those known here."""
    pd: Any = sys.modules["pandas"]
    kind = type(value)
    if value is pd.NaT:
        return writer.node("pd.NaT")
    if value is pd.NA:
        return writer.node("pd.NA")
    if kind is pd.Timestamp:
        count = int(value.to_datetime64().view("i8"))
        return writer.node("pd.timestamp", count, value.unit, encode_zone(writer, value.tzinfo))
    if kind is pd.Timedelta:
        return writer.node("pd.timedelta", int(value.to_timedelta64().view("i8")), value.unit)
    if kind is pd.Period:
        return writer.node("pd.period", value.ordinal, value.freqstr)
    if kind is pd.Interval:
        left, right = writer.value(value.left, ".left"), writer.value(value.right, ".right")
        return writer.node("pd.interval", left, right, value.closed)
    if isinstance(value, pd.tseries.offsets.BaseOffset):
        return writer.node("pd.offset", checked_frequency(value))
    return None
