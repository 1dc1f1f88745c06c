"""pandas' labelled containers and scalars."""

from __future__ import annotations

from typing import Any

from . import pandas_arrays
from .numpy_arrays import array_view
from .pandas_arrays import CLOSED, decode_data, decode_frequency, decode_period_dtype
from .reader import Decoder, Reader, array, boolean, choose, integer, library, malformed
from .stdlib_values import decode_zone

# pandas makes labels attributes, and NumPy reads the memory that such an attribute names.
_ACTING_LABELS = ("__array_interface__", "__array_struct__")
_UNITS = {unit: unit for unit in ("s", "ms", "us", "ns")}
_INDEX_TAGS = ("pd.index", "pd.range", "pd.multi")


def _index(reader: Reader, data: object, name: object, frequency: object) -> Any:
    pd = library("pandas")
    values, label = decode_data(reader, data), reader.value(name)
    dtype = object if values.dtype == object else None  # or strings would be inferred
    index = pd.Index(values, dtype=dtype, name=label, tupleize_cols=False)
    if values.dtype.kind in "OU" and _has_acting_label(index):
        raise malformed("a label that NumPy would act on")
    if frequency is not None:
        index.freq = decode_frequency(frequency)
    return index


def _has_acting_label(index: Any) -> bool:
    try:
        return bool(index.isin(_ACTING_LABELS).any())
    except (NotImplementedError, TypeError):  # for Arrow's views, and labels without a hash
        return any(label in _ACTING_LABELS for label in index if type(label) is str)


def _range(reader: Reader, start: object, stop: object, step: object, name: object) -> Any:
    parts = (integer(start), integer(stop), integer(step))
    return library("pandas").RangeIndex(*parts, name=reader.value(name))


def _multi_index(reader: Reader, levels: object, codes: object, names: object) -> Any:
    listed = [reader.expect(level, "pd.index", "pd.range") for level in array(levels)]
    places = [reader.expect(code, "np.array") for code in array(codes)]
    if any(place.dtype.kind != "i" for place in places):
        raise malformed("codes that aren't integers")
    labels = [reader.value(name) for name in array(names)]
    return library("pandas").MultiIndex(levels=listed, codes=places, names=labels)


def _series(reader: Reader, data: object, index: object, name: object, *rest: object) -> Any:
    values = decode_data(reader, data)
    rows, label = reader.expect(index, *_INDEX_TAGS), reader.value(name)
    dtype = object if values.dtype == object else None
    series = library("pandas").Series(values, index=rows, name=label, dtype=dtype, copy=False)
    return _with_metadata(reader, series, *rest)


def _frame(reader: Reader, index: object, columns: object, groups: object, *rest: object) -> Any:
    rows, labels = (reader.expect(axis, *_INDEX_TAGS) for axis in (index, columns))
    reader.budget.spend(len(rows))  # a range and no columns would need no memory, but be long
    frame = _columns(reader, groups, rows, len(labels))
    frame.columns = labels
    return _with_metadata(reader, frame, *rest)


def _columns(reader: Reader, groups: object, rows: Any, width: int) -> Any:
    """Build a frame from the columns, copying each once."""
    pd = library("pandas")
    listed = [tuple(array(group)) for group in array(groups)]
    if len(listed) == 1 and len(listed[0][0]) == width and array(listed[0][1])[:1] == ["np.array"]:
        block = _block(reader, listed[0][1], width, len(rows))
        if listed[0][0] != list(range(width)):
            raise malformed("columns out of order")
        return pd.DataFrame(block.T, index=rows, copy=True)
    data: dict[int, Any] = {}
    for positions, node in listed:
        for position, column in zip(
            array(positions), _group(reader, node, len(positions), rows), strict=True
        ):
            if position in data:
                raise malformed("a repeated column")
            data[integer(position, 0, width - 1)] = column
    if len(data) != width:  # first: a width is cheap to claim
        raise malformed("columns without data")
    return pd.DataFrame({at: data[at] for at in range(width)}, index=rows, copy=True)


def _block(reader: Reader, node: object, width: int, height: int) -> Any:
    block = array_view(reader, node)
    if block.shape != (width, height) or block.dtype.kind not in "biufcmM":
        raise malformed("a block of columns with a wrong shape")
    return block


def _group(reader: Reader, node: object, width: int, rows: Any) -> list[Any]:
    if array(node)[:1] == ["np.array"]:
        return list(_block(reader, node, width, len(rows)))
    column = decode_data(reader, node)
    if len(column) != len(rows):
        raise malformed("columns of different lengths")
    if column.dtype == object:
        column = library("pandas").Series(column, index=rows, dtype=object, copy=False)
    return [column]


def _with_metadata(reader: Reader, labelled: Any, attrs: object, duplicates: object) -> Any:
    labelled.attrs = reader.expect(attrs, "dict")
    if not boolean(duplicates):
        labelled.flags.allows_duplicate_labels = False
    return labelled


def _timestamp(reader: Reader, count: object, unit: object, zone: object) -> Any:
    pd, np = library("pandas"), library("numpy")
    value = np.int64(integer(count)).view(f"M8[{choose(_UNITS, unit)}]")
    moment = pd.Timestamp(value)
    shown_in = decode_zone(reader, zone)
    return moment if shown_in is None else moment.tz_localize("UTC").tz_convert(shown_in)


def _timedelta(_: Reader, count: object, unit: object) -> Any:
    value = library("numpy").int64(integer(count)).view(f"m8[{choose(_UNITS, unit)}]")
    return library("pandas").Timedelta(value)


def _period(_: Reader, ordinal: object, frequency: object) -> Any:
    dtype = decode_period_dtype(frequency)
    return library("pandas").Period(ordinal=integer(ordinal), freq=dtype.freq)


def _interval(reader: Reader, left: object, right: object, closed: object) -> Any:
    sides = reader.value(left), reader.value(right)
    return library("pandas").Interval(*sides, closed=choose(CLOSED, closed))


def _categories(reader: Reader, index: object, ordered: object) -> Any:
    categories = None if index is None else reader.expect(index, "pd.index", "pd.range")
    order = None if ordered is None else boolean(ordered)
    return library("pandas").CategoricalDtype(categories, ordered=order)


DECODERS: dict[str, Decoder] = {
    **pandas_arrays.DECODERS,
    "pd.index": _index,
    "pd.range": _range,
    "pd.multi": _multi_index,
    "pd.series": _series,
    "pd.frame": _frame,
    "pd.dtype": lambda reader, node: reader.expect(node, *pandas_arrays.DECODERS).dtype,
    "pd.categories": _categories,
    "pd.NaT": lambda _: library("pandas").NaT,
    "pd.NA": lambda _: library("pandas").NA,
    "pd.timestamp": _timestamp,
    "pd.timedelta": _timedelta,
    "pd.period": _period,
    "pd.interval": _interval,
    "pd.offset": lambda _, name: decode_frequency(name),
}
