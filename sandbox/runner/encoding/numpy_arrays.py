"""NumPy arrays, scalars and dtypes: raw bytes with a described dtype and shape."""

from __future__ import annotations

import math
import sys
from typing import Any

from .writer import Buffer, Node, NotEncodableError, Writer


def encode(writer: Writer, value: Any) -> Node | None:
    """Encode a value of a NumPy type; return None for any other."""
    np = sys.modules["numpy"]
    kind = type(value)
    if kind is np.ndarray:
        return encode_array(writer, value)
    if kind in (np.recarray, np.matrix):
        return writer.node(f"np.{kind.__name__}", encode_array(writer, value.view(np.ndarray)))
    if value is np.ma.masked:
        return writer.node("np.ma.constant")
    if kind is np.ma.MaskedArray:
        return _encode_masked(writer, value)
    if isinstance(value, np.generic) and kind is value.dtype.type:
        return _encode_scalar(writer, value)
    if isinstance(value, np.dtype):
        return writer.node("np.dtype", "O" if value.char == "O" else encode_dtype(value))
    return None


def encode_array(writer: Writer, array: Any) -> Node:
    """Encode a plain ndarray of any dtype, objects one by one."""
    if array.dtype.char == "T":
        return _encode_strings(writer, array)
    if array.dtype.char == "O":
        flat = array.ravel().tolist()
        items = writer.items(flat, lambda at: f"[{_index(at, array.shape)}]")
        return writer.node("np.objects", list(array.shape), items)
    encode_dtype(array.dtype)  # first: memory that holds references can't be viewed
    in_fortran_order = array.flags.f_contiguous and not array.flags.c_contiguous
    order = "F" if in_fortran_order else "C"
    data = flat_bytes(array.T if in_fortran_order else array)
    return array_node(writer, array.dtype, list(array.shape), order, data)


def array_node(writer: Writer, dtype: Any, shape: list[int], order: str, *parts: Buffer) -> Node:
    """Return the node of an array whose memory, in ``order``, is ``parts`` joined."""
    described = encode_dtype(dtype)
    attachment = None
    if any(len(part) for part in parts):
        attachment = writer.attach(*parts)
    elif 0 not in shape:  # elements of no bytes
        writer.budget.spend(math.prod(shape))
    return writer.node("np.array", described, shape, order, attachment)


def flat_bytes(array: Any) -> Buffer:
    """View an array's memory in C order; copy only if it isn't contiguous."""
    np = sys.modules["numpy"]
    if array.nbytes == 0:
        return b""
    flat = np.ascontiguousarray(array).reshape(-1)
    return memoryview(flat.view(np.ndarray).view(np.uint8))


def encode_dtype(dtype: Any) -> Node:
    """Describe a dtype: a string, or the fields of a structured one.

    Raises:
        NotEncodableError: it holds Python objects.
    """
    if dtype.hasobject or dtype.char in "OT":
        raise NotEncodableError(f"the NumPy dtype {str(dtype)[:80]} has no safe encoding")
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return ["sub", encode_dtype(base), list(shape)]
    if dtype.names is None:
        if dtype.char in "qQ" and dtype.isnative:  # on Linux, a different type from int64
            return str(dtype.char)
        return dtype.str
    fields = []
    for name in dtype.names:
        field, offset, *title = dtype.fields[name]
        fields.append([name, encode_dtype(field), offset, str(title[0]) if title else None])
    is_record = dtype.type is sys.modules["numpy"].record
    return ["record" if is_record else "struct", dtype.itemsize, dtype.isalignedstruct, fields]


def _encode_strings(writer: Writer, array: Any) -> Node:
    dtype = array.dtype
    marker = [writer.value(dtype.na_object)] if hasattr(dtype, "na_object") else []
    items = writer.items(array.ravel().tolist(), lambda at: f"[{_index(at, array.shape)}]")
    return writer.node("np.strings", bool(dtype.coerce), marker, list(array.shape), items)


def _encode_scalar(writer: Writer, value: Any) -> Node:
    np = sys.modules["numpy"]
    kind = type(value)
    if kind is np.str_:
        return writer.node("np.str", writer.value(str(value)))
    if kind is np.bytes_:
        return writer.node("np.bytes", writer.value(bytes(value)))
    if value.dtype.itemsize == 0:
        raise NotEncodableError("a NumPy scalar of no bytes has no safe encoding")
    return writer.node("np.scalar", encode_dtype(value.dtype), value.tobytes().hex())


def _encode_masked(writer: Writer, value: Any) -> Node:
    np = sys.modules["numpy"]
    mask = None if value.mask is np.ma.nomask else encode_array(writer, value.mask)
    return writer.node(
        "np.ma.array",
        encode_array(writer, np.asarray(value.data)),
        mask,
        writer.value(value.fill_value, ".fill_value"),
        bool(value.hardmask),
    )


def _index(position: int, shape: tuple[int, ...]) -> str:
    parts = []
    for size in reversed(shape):
        position, part = divmod(position, size)
        parts.append(str(part))
    return ", ".join(reversed(parts))
