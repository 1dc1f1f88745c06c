"""pandas' extension arrays, taken apart."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..shared.naming import type_name
from .arrow_streams import encode_chunked
from .numpy_arrays import encode_array
from .stdlib_values import encode_zone
from .writer import Node, NotEncodableError, Writer


def encode_data(writer: Writer, labelled: Any) -> Node:
    """Encode the data of a Series, or of an Index other than a MultiIndex."""
    if type(labelled.dtype).__module__.partition(".")[0] == "numpy":
        return encode_array(writer, labelled.to_numpy())
    return encode_extension(writer, labelled.array)


def encode_extension(writer: Writer, array: Any) -> Node:
    """Encode one of pandas' own extension arrays.

    Raises:
        NotEncodableError: it comes from another library, or is a subclass.
    """
    pd: Any = sys.modules["pandas"]
    encoder = _ENCODERS.get(type(array).__name__)
    known = getattr(pd.arrays, type(array).__name__, None)
    if known is None and type(array) is type(pd.array([], dtype=array.dtype)):
        known = type(array)  # a private class of pandas
    if encoder is None or known is not type(array):
        raise NotEncodableError(f"the array type {type_name(array)} has no safe encoding")
    return encoder(writer, array)


def checked_frequency(frequency: Any) -> str | None:
    """Return the name of a frequency.

    Raises:
        NotEncodableError: its name doesn't describe it fully, as for custom business days.
    """
    pd: Any = sys.modules["pandas"]
    if frequency is None:
        return None
    name = str(frequency.freqstr)
    try:
        same = pd.tseries.frequencies.to_offset(name) == frequency
    except ValueError:
        same = False
    if not same:
        raise NotEncodableError(f"the frequency {name[:60]!r} has no safe encoding; set freq=None")
    return name


def _categorical(writer: Writer, array: Any) -> Node:
    codes, categories = encode_array(writer, array.codes), writer.value(array.categories)
    return writer.node("pd.categorical", codes, categories, bool(array.ordered))


def _datetime(writer: Writer, array: Any) -> Node:
    """Encode instants in UTC and the zone they are shown in."""
    np = sys.modules["numpy"]
    instants = array.asi8.view(f"M8[{array.unit}]").view(np.ndarray)
    return writer.node(
        "pd.datetimes", encode_array(writer, instants), encode_zone(writer, array.tz)
    )


def _interval(writer: Writer, array: Any) -> Node:
    left, right = encode_data(writer, array.left), encode_data(writer, array.right)
    return writer.node("pd.intervals", left, right, array.closed)


def _sparse(writer: Writer, array: Any) -> Node:
    index = array.sp_index
    writer.budget.spend(int(index.length))
    return writer.node(
        "pd.sparse",
        encode_array(writer, array.sp_values),
        encode_array(writer, index.to_int_index().indices),
        int(index.length),
        writer.value(array.fill_value, ".fill_value"),
        array.kind,
    )


def _masked(writer: Writer, array: Any) -> Node:
    # Private, but in some versions to_numpy() can't tell a NaN from a missing value.
    data, mask = encode_array(writer, array._data), encode_array(writer, array._mask)
    return writer.node("pd.masked", array.dtype.name, data, mask)


def _string(writer: Writer, array: Any) -> Node:
    pd: Any = sys.modules["pandas"]
    dtype = array.dtype
    missing = "NA" if dtype.na_value is pd.NA else "nan"
    if dtype.storage == "pyarrow":
        return writer.node(
            "pd.strings.arrow", missing, encode_chunked(writer, array.__arrow_array__())
        )
    values = array.to_numpy(dtype=object, na_value=None).tolist()
    return writer.node("pd.strings.python", missing, writer.items(values, lambda at: f"[{at}]"))


_ENCODERS: dict[str, Callable[[Writer, Any], Node]] = {
    "Categorical": _categorical,
    "DatetimeArray": _datetime,
    "TimedeltaArray": lambda writer, array: writer.node(
        "pd.timedeltas", encode_array(writer, array.asi8.view(f"m8[{array.unit}]"))
    ),
    "PeriodArray": lambda writer, array: writer.node(
        "pd.periods", encode_array(writer, array.asi8), array.freqstr
    ),
    "IntervalArray": _interval,
    "SparseArray": _sparse,
    "IntegerArray": _masked,
    "FloatingArray": _masked,
    "BooleanArray": _masked,
    "StringArray": _string,
    "StringArrayNumpySemantics": _string,
    "ArrowStringArray": _string,
    "ArrowStringArrayNumpySemantics": _string,
    "ArrowExtensionArray": lambda writer, array: writer.node(
        "pd.arrow", encode_chunked(writer, array.__arrow_array__())
    ),
    "NumpyExtensionArray": lambda writer, array: writer.node(
        "pd.numpy", encode_array(writer, array.to_numpy())
    ),
}
