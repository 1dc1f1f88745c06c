"""NumPy arrays, scalars and dtypes."""

from __future__ import annotations

import math
import re
from typing import Any

from .reader import (
    Decoder,
    Reader,
    array,
    boolean,
    choose,
    integer,
    library,
    malformed,
    shape_of,
    text,
)

_LEAF = re.compile(r"[<>|=][biufcSUVMm]\d{1,9}(\[\d{0,6}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?|[qQ]")
MAX_DTYPE_DEPTH = 16
MAX_EMPTY_SHAPE = 2**31 - 1
"""For the other sides of an array with a side of zero."""
MAX_EMPTY_ITEMS = 100_000
"""Of an array whose items have no bytes."""


def decode_dtype(node: object, depth: int = 0) -> Any:
    """Build a dtype without Python objects."""
    np = library("numpy")
    if depth > MAX_DTYPE_DEPTH:
        raise malformed("a dtype nested too deeply")
    if type(node) is str:
        if not _LEAF.fullmatch(node):
            raise malformed(f"unknown dtype {node[:40]!r}")
        return np.dtype(node)
    kind, *arguments = array(node)
    if kind == "sub":
        base, shape = arguments
        return np.dtype((decode_dtype(base, depth + 1), shape_of(shape)))
    item_bytes, aligned, fields = arguments
    parts = [_decode_field(field, depth) for field in array(fields)]
    names, formats, offsets, titles = zip(*parts, strict=True) if parts else ((), (), (), ())
    description = {
        "names": list(names),
        "formats": list(formats),
        "offsets": list(offsets),
        "itemsize": integer(item_bytes, 0, 2**31 - 1),
    }
    if any(title is not None for title in titles):
        description["titles"] = list(titles)
    dtype = np.dtype(description, align=boolean(aligned))
    return choose({"struct": dtype, "record": np.dtype((np.record, dtype))}, kind)


def _decode_field(field: object, depth: int) -> tuple[str, Any, int, str | None]:
    name, dtype, offset, title = array(field)
    return (
        text(name),
        decode_dtype(dtype, depth + 1),
        integer(offset, 0, 2**31 - 1),
        None if title is None else text(title),
    )


def array_view(reader: Reader, node: object) -> Any:
    """Decode an array node as a view of the payload, possibly read-only."""
    tag, dtype_node, shape_node, order, number = array(node)
    if tag != "np.array" or order not in ("C", "F"):
        raise malformed("expected an array")
    np = library("numpy")
    dtype, shape = decode_dtype(dtype_node), shape_of(shape_node)
    if dtype.subdtype is not None:
        raise malformed("an array with a subarray dtype")
    count = math.prod(shape)
    if number is None:
        if count * dtype.itemsize:
            raise malformed("an array without its memory")
        # Lengths without memory behind them are cheap to claim and costly to use.
        if math.prod(filter(None, shape)) > (
            MAX_EMPTY_SHAPE if dtype.itemsize else MAX_EMPTY_ITEMS
        ):
            raise malformed("a huge array of nothing")
        return np.zeros(shape, dtype, order)
    data = reader.attachment(number)
    if len(data) != count * dtype.itemsize:
        raise malformed(f"an array of {count} items of {dtype.itemsize} bytes in {len(data)}")
    view = np.frombuffer(data, dtype).reshape(shape, order=order)
    _check_contents(view)
    return view


def decode_array(reader: Reader, node: object, kinds: str = "", ndim: int | None = None) -> Any:
    """Decode an array node as a writable array with its own memory.

    ``kinds`` lists the accepted dtype kinds; empty accepts all.
    """
    view = array_view(reader, node)
    if (kinds and view.dtype.kind not in kinds) or (ndim is not None and view.ndim != ndim):
        raise malformed("an array of another kind than expected")
    if view.dtype.names is not None and view.size and view.flags.c_contiguous:
        # copy() would leave the padding between fields undefined.
        flat = library("numpy").frombuffer(bytearray(view.reshape(-1).view("u1")), view.dtype)
        return flat.reshape(view.shape)
    return view.copy(order="K")


def _check_contents(view: Any) -> None:
    """Refuse bytes that NumPy wouldn't write: bools beyond 1, invalid characters."""
    np = library("numpy")
    if view.dtype.names is not None:
        for name in view.dtype.names:
            _check_contents(view[name])
    elif view.dtype.kind == "b" and view.size and view.view(np.uint8).max() > 1:
        raise malformed("a boolean that is neither 0 nor 1")
    elif view.dtype.kind == "U" and view.size and view.dtype.itemsize:
        codes = np.ascontiguousarray(view).reshape(-1).view(view.dtype.byteorder + "u4")
        if codes.max() > 0x10FFFF:
            raise malformed("a code point beyond Unicode")


def _objects(reader: Reader, shape: object, items: object) -> Any:
    values = reader.items(items)
    made = library("numpy").empty(len(values), dtype=object)
    for position, value in enumerate(values):
        made[position] = value
    return made.reshape(shape_of(shape))


def _strings(reader: Reader, coerce: object, marker: object, shape: object, items: object) -> Any:
    np = library("numpy")
    missing = {"na_object": reader.value(array(marker)[0])} if array(marker) else {}
    dtype = np.dtypes.StringDType(coerce=boolean(coerce), **missing)
    return np.array(reader.items(items), dtype=dtype).reshape(shape_of(shape))


def _scalar(_: Reader, dtype_node: object, data: object) -> Any:
    np = library("numpy")
    dtype, raw = decode_dtype(dtype_node), bytes.fromhex(text(data))
    if dtype.subdtype is not None or not raw or len(raw) != dtype.itemsize:
        raise malformed("a NumPy scalar of another size")
    scalars = np.frombuffer(raw, dtype).copy()
    _check_contents(scalars)
    return scalars[0]


def _masked(reader: Reader, data: object, mask: object, fill: object, hard: object) -> Any:
    np = library("numpy")
    values = reader.expect(data, "np.array", "np.objects", "np.strings")
    hidden = np.ma.nomask if mask is None else reader.expect(mask, "np.array")
    if mask is not None and hidden.shape != values.shape:
        raise malformed("a mask of another shape")
    return np.ma.MaskedArray(
        values, mask=hidden, fill_value=reader.value(fill), hard_mask=boolean(hard)
    )


def _viewed_as(name: str) -> Decoder:
    def decode(reader: Reader, node: object) -> Any:
        made = reader.expect(node, "np.array", "np.objects")
        return made.view(getattr(library("numpy"), name))

    return decode


def _named(kind: str, expected: type) -> Decoder:
    def decode(reader: Reader, node: object) -> Any:
        value = reader.value(node)
        if type(value) is not expected:
            raise malformed("a NumPy scalar of another type")
        return getattr(library("numpy"), kind)(value)

    return decode


DECODERS: dict[str, Decoder] = {
    "np.array": lambda reader, *parts: decode_array(reader, ["np.array", *parts]),
    "np.objects": _objects,
    "np.strings": _strings,
    "np.scalar": _scalar,
    "np.str": _named("str_", str),
    "np.bytes": _named("bytes_", bytes),
    "np.dtype": lambda _, node: (
        library("numpy").dtype(object) if node == "O" else decode_dtype(node)
    ),
    "np.recarray": _viewed_as("recarray"),
    "np.matrix": _viewed_as("matrix"),
    "np.ma.array": _masked,
    "np.ma.constant": lambda _: library("numpy").ma.masked,
}
