"""pandas' extension arrays, rebuilt from their parts."""

from __future__ import annotations

import re
from typing import Any

from .arrow_streams import decode_chunked
from .numpy_arrays import decode_array
from .reader import Decoder, Reader, array, choose, integer, library, malformed, text
from .stdlib_values import decode_zone

_FREQUENCY = re.compile(r"-?[A-Za-z0-9\-]{1,40}")
CLOSED = {name: name for name in ("left", "right", "both", "neither")}
"""The closed side of intervals."""
_SPARSE_KINDS = {"integer": "integer", "block": "block"}
_MASKED = {
    **{f"{sign}Int{bits}": ("IntegerArray", f"{sign.lower()}int{bits}")
       for sign in ("", "U") for bits in (8, 16, 32, 64)},
    **{f"Float{bits}": ("FloatingArray", f"float{bits}") for bits in (32, 64)},
    "boolean": ("BooleanArray", "bool"),
}  # fmt: skip


def decode_data(reader: Reader, node: object) -> Any:
    """Decode one dimension of data: an ndarray, or one of pandas' extension arrays."""
    data = reader.expect(node, "np.array", "np.objects", *DECODERS)
    is_arrow = isinstance(node, list) and node[0] == "pd.arrow"  # holds strings and bytes too
    if data.ndim != 1 or not (is_arrow or data.dtype.kind in "biufcmMO"):
        raise malformed("data that pandas can't hold")
    return data


def decode_frequency(node: object) -> Any:
    """Decode a frequency from its name."""
    return library("pandas").tseries.frequencies.to_offset(_frequency_name(node))


def decode_period_dtype(node: object) -> Any:
    """Decode the dtype of periods from the frequency's name."""
    return library("pandas").PeriodDtype(_frequency_name(node))


def _frequency_name(node: object) -> str:
    if not _FREQUENCY.fullmatch(text(node)):
        raise malformed("an invalid frequency")
    return text(node)


def _categorical(reader: Reader, codes: object, categories: object, ordered: object) -> Any:
    pd = library("pandas")
    index = reader.expect(categories, "pd.index", "pd.range")
    dtype = pd.CategoricalDtype(index, ordered=bool(ordered))
    return pd.Categorical.from_codes(decode_array(reader, codes, "i", 1), dtype=dtype)


def _datetimes(reader: Reader, instants: object, zone: object) -> Any:
    index = library("pandas").DatetimeIndex(decode_array(reader, instants, "M", 1))
    shown_in = decode_zone(reader, zone)
    return index.array if shown_in is None else index.tz_localize("UTC").tz_convert(shown_in).array


def _periods(reader: Reader, ordinals: object, frequency: object) -> Any:
    dtype = decode_period_dtype(frequency)
    values = decode_array(reader, ordinals, "i", 1)
    if values.dtype != "int64":
        raise malformed("period ordinals that aren't int64")
    return library("pandas").arrays.PeriodArray(values, dtype=dtype)


def _intervals(reader: Reader, left: object, right: object, closed: object) -> Any:
    sides = decode_data(reader, left), decode_data(reader, right)
    return library("pandas").arrays.IntervalArray.from_arrays(*sides, closed=choose(CLOSED, closed))


def _sparse(reader: Reader, values: object, places: object, *rest: object) -> Any:
    length, fill_node, kind_node = rest
    size, kind = integer(length, 0, 2**31 - 1), choose(_SPARSE_KINDS, kind_node)
    reader.budget.spend(size)  # it is sparse here, but its user may make it dense
    stored = reader.expect(values, "np.array", "np.objects")
    where = decode_array(reader, places, "i", 1)
    fill = reader.value(fill_node)
    inside = len(where) == 0 or (where[0] >= 0 and where[-1] < size)
    increasing = bool((where[1:] > where[:-1]).all())
    if stored.ndim != 1 or len(stored) != len(where) or not inside or not increasing:
        raise malformed("a sparse array whose parts don't match")
    return _make_sparse(stored, where, size, fill, kind)


def _make_sparse(stored: Any, where: Any, size: int, fill: Any, kind: str) -> Any:
    pd = library("pandas")
    sparse_array = pd.arrays.SparseArray
    if hasattr(sparse_array, "from_indices"):
        return sparse_array.from_indices(stored, where, size, fill_value=fill, kind=kind)
    index = library("pandas._libs.sparse").IntIndex(size, where.astype("int32"))
    if kind == "block":
        index = index.to_block_index()
    dtype = pd.SparseDtype(stored.dtype, fill)
    return sparse_array(stored, sparse_index=index, dtype=dtype)


def _masked(reader: Reader, name: object, data: object, mask: object) -> Any:
    kind, dtype = choose(_MASKED, name)
    values, hidden = decode_array(reader, data, ndim=1), decode_array(reader, mask, "b", 1)
    if values.dtype != dtype or len(values) != len(hidden):
        raise malformed("a masked array whose parts don't match")
    return getattr(library("pandas").arrays, kind)(values, hidden)


def _string_dtype(storage: str, missing: object) -> Any:
    pd = library("pandas")
    marker = choose({"NA": pd.NA, "nan": float("nan")}, missing)
    return pd.StringDtype(storage, na_value=marker)


def _python_strings(reader: Reader, missing: object, items: object) -> Any:
    values = reader.items(items)
    if not all(value is None or type(value) is str for value in values):
        raise malformed("a string array with other values")
    data = library("numpy").array(values, dtype=object)
    return library("pandas").array(data, dtype=_string_dtype("python", missing))


def _arrow_strings(reader: Reader, missing: object, chunked: object) -> Any:
    tag, number = array(chunked)
    if tag != "pa.chunked":
        raise malformed("a string array that isn't one of Arrow")
    values = decode_chunked(reader, number, library("pyarrow").large_string())
    return _string_dtype("pyarrow", missing).__from_arrow__(values)


def _arrow(reader: Reader, chunked: object) -> Any:
    values = reader.expect(chunked, "pa.chunked")
    return library("pandas").ArrowDtype(values.type).__from_arrow__(values)


DECODERS: dict[str, Decoder] = {
    "pd.categorical": _categorical,
    "pd.datetimes": _datetimes,
    "pd.timedeltas": lambda reader, spans: (
        library("pandas").TimedeltaIndex(decode_array(reader, spans, "m", 1)).array
    ),
    "pd.periods": _periods,
    "pd.intervals": _intervals,
    "pd.sparse": _sparse,
    "pd.masked": _masked,
    "pd.strings.python": _python_strings,
    "pd.strings.arrow": _arrow_strings,
    "pd.arrow": _arrow,
    "pd.numpy": lambda reader, node: library("pandas").arrays.NumpyExtensionArray(
        reader.expect(node, "np.array", "np.objects")
    ),
}
