"""pandas' frames, series, indexes and scalars."""

from __future__ import annotations

import sys
from typing import Any

from .numpy_arrays import array_node, encode_array, flat_bytes
from .pandas_arrays import checked_frequency, encode_data, encode_extension
from .stdlib_values import encode_zone
from .writer import Node, NotEncodableError, Writer

_INDEX_NAMES = (
    "Index", "RangeIndex", "DatetimeIndex", "TimedeltaIndex", "PeriodIndex", "IntervalIndex",
    "CategoricalIndex", "MultiIndex",
)  # fmt: skip


def encode(writer: Writer, value: Any) -> Node | None:
    """Encode a value of a pandas type; return None for any other."""
    pd: Any = sys.modules["pandas"]
    kind = type(value)
    if kind is pd.DataFrame:
        return _encode_frame(writer, value)
    if kind is pd.Series:
        return _encode_series(writer, value)
    if kind in [getattr(pd, name) for name in _INDEX_NAMES]:
        return encode_index(writer, value)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return encode_extension(writer, value)
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return _encode_dtype(writer, value)
    return _encode_scalar(writer, value)


def encode_index(writer: Writer, index: Any) -> Node:
    """Encode an index of any pandas class."""
    pd: Any = sys.modules["pandas"]
    if type(index) is pd.MultiIndex:
        return _encode_multi_index(writer, index)
    name = writer.value(index.name, ".name")
    if type(index) is pd.RangeIndex:
        parts = (index.start, index.stop, index.step)
        return writer.node("pd.range", *(writer.value(int(part)) for part in parts), name)
    if type(index) not in [getattr(pd, kind) for kind in _INDEX_NAMES]:
        raise NotEncodableError(f"the index type {type(index).__name__} has no safe encoding")
    has_frequency = type(index) in (pd.DatetimeIndex, pd.TimedeltaIndex)
    frequency = checked_frequency(index.freq) if has_frequency else None
    if has_frequency:
        return writer.node("pd.index", encode_extension(writer, index.array), name, frequency)
    return writer.node("pd.index", encode_data(writer, index), name, None)


def _encode_multi_index(writer: Writer, index: Any) -> Node:
    np = sys.modules["numpy"]
    levels = [encode_index(writer, level.rename(None)) for level in index.levels]
    codes = [encode_array(writer, np.asarray(code)) for code in index.codes]
    names = [writer.value(name, ".names") for name in index.names]
    return writer.node("pd.multi", levels, codes, names)


def _encode_series(writer: Writer, series: Any) -> Node:
    return writer.node(
        "pd.series",
        encode_data(writer, series),
        encode_index(writer, series.index),
        writer.value(series.name, ".name"),
        *_metadata(writer, series),
    )


def _encode_frame(writer: Writer, frame: Any) -> Node:
    index = encode_index(writer, frame.index)
    columns = encode_index(writer, frame.columns)
    groups = _encode_columns(writer, frame)
    return writer.node("pd.frame", index, columns, groups, *_metadata(writer, frame))


def _metadata(writer: Writer, labelled: Any) -> tuple[Node, Node]:
    attrs = writer.value(dict(labelled.attrs), ".attrs")
    return attrs, bool(labelled.flags.allows_duplicate_labels)


def _encode_columns(writer: Writer, frame: Any) -> list[Node]:
    """Encode the columns as ``[positions, array]`` groups, a group per NumPy dtype.

    A group of several columns is one array of shape (columns, rows).
    """
    by_dtype: dict[Any, list[int]] = {}
    groups = []
    for position, dtype in enumerate(frame.dtypes.tolist()):
        if type(dtype).__module__.partition(".")[0] == "numpy" and dtype.char != "O":
            by_dtype.setdefault(dtype, []).append(position)
        else:
            groups.append([[position], _encode_column(writer, frame, position)])
    for dtype, positions in by_dtype.items():
        groups.append([positions, _encode_group(writer, frame, dtype, positions)])
    return groups


def _encode_column(writer: Writer, frame: Any, position: int) -> Node:
    try:
        return encode_data(writer, frame.iloc[:, position])
    except NotEncodableError as error:
        label = frame.columns[position]
        raise error.inside(f"[{str(label)[:40]!r}]") from None


def _encode_group(writer: Writer, frame: Any, dtype: Any, positions: list[int]) -> Node:
    arrays = [frame.iloc[:, position].to_numpy() for position in positions]
    scattered = any(not array.flags.c_contiguous for array in arrays)
    if scattered and len(positions) == frame.shape[1]:
        return encode_array(writer, frame.to_numpy().T)  # a single pass over the memory
    shape = [len(positions), len(frame)]
    return array_node(writer, dtype, shape, "C", *(flat_bytes(array) for array in arrays))


def _encode_scalar(writer: Writer, value: Any) -> Node | None:
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


def _encode_dtype(writer: Writer, dtype: Any) -> Node:
    """Encode a dtype as an empty array of it."""
    pd: Any = sys.modules["pandas"]
    if type(dtype) is pd.CategoricalDtype:
        categories = dtype.categories
        described = None if categories is None else encode_index(writer, categories)
        return writer.node("pd.categories", described, dtype.ordered)
    return writer.node("pd.dtype", encode_extension(writer, pd.array([], dtype=dtype)))
