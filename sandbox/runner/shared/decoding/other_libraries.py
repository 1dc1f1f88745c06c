"""polars' frames, SciPy's sparse matrices and Pillow's images."""

from __future__ import annotations

import io
from typing import Any

from ..limits import BITS_PER_PIXEL, SPARSE_PARTS
from .arrow_streams import read_stream
from .numpy_arrays import decode_array
from .reader import Decoder, Reader, array, choose, integer, library, malformed, shape_of, text

_FLAVOURS = {"array": "array", "matrix": "matrix"}
_FORMATS = {form: form for form in (*SPARSE_PARTS, "coo", "lil", "dok")}


def _polars_frame(reader: Reader, number: object, as_text: object) -> Any:
    pl = library("polars")
    data = bytes(reader.attachment(number))
    read_stream(reader, data)  # polars trusts what it reads
    frame = pl.read_ipc_stream(io.BytesIO(data))
    for pair in array(as_text):
        name, dtype = array(pair)
        target = getattr(pl, choose({"Int128": "Int128", "UInt128": "UInt128"}, dtype))
        frame = frame.with_columns(pl.col(text(reader.value(name))).cast(target))
    return frame


def _polars_series(reader: Reader, *parts: object) -> Any:
    frame = _polars_frame(reader, *parts)
    if frame.width != 1:
        raise malformed("a series with several columns")
    return frame.to_series()


def _polars_schema(reader: Reader, *parts: object) -> Any:
    return _polars_frame(reader, *parts).schema


def _sparse(reader: Reader, form: object, flavour: object, shape: object, parts: object) -> Any:
    sparse = library("scipy.sparse", "scipy")
    kind, sort, size = choose(_FORMATS, form), choose(_FLAVOURS, flavour), shape_of(shape)
    arrays = [decode_array(reader, part, "biufc") for part in array(parts)]
    if any(places.dtype.kind not in "iu" or places.ndim != 1 for places in arrays[1:]):
        raise malformed("places in a sparse matrix that aren't integers")
    if kind == "lil":
        reader.budget.spend(128 * size[0])
    if kind not in SPARSE_PARTS:
        return _from_coordinates(sparse, kind, sort, size, arrays)
    if len(arrays) != len(SPARSE_PARTS[kind]):
        raise malformed("a sparse matrix without all of its parts")
    made = getattr(sparse, f"{kind}_{sort}")(tuple(arrays), shape=size)
    if kind != "dia":
        # Places beyond the shape would make SciPy's code write out of bounds.
        made.check_format(full_check=True)
    for name, part in zip(SPARSE_PARTS[kind], arrays, strict=True):
        if getattr(made, name).dtype != part.dtype:
            setattr(made, name, part)
    return made


def _from_coordinates(
    sparse: Any, kind: str, sort: str, size: tuple[int, ...], arrays: list[Any]
) -> Any:
    data, *coordinates = arrays
    if len(coordinates) != len(size) or data.ndim != 1:
        raise malformed("a sparse matrix without all of its coordinates")
    made = getattr(sparse, f"coo_{sort}")((data, tuple(coordinates)), shape=size)
    if kind != "coo":
        return made.asformat(kind)
    if sort == "array":
        made.coords = tuple(coordinates)  # with their original index dtype
    return made


def _image(reader: Reader, mode: object, width: object, height: object, *rest: object) -> Any:
    module = library("PIL.Image", "pillow")
    pixels, palette, info = rest
    size = integer(width, 0, 2**31 - 1), integer(height, 0, 2**31 - 1)
    bits = choose(BITS_PER_PIXEL, mode)
    reader.budget.spend(4 * size[0] * size[1])
    if pixels is None:
        if size[0] * size[1]:
            raise malformed("an image without its pixels")
        image = module.new(text(mode), size)
    else:
        data = reader.attachment(pixels)
        if not all(size) or len(data) != size[1] * ((size[0] * bits + 7) // 8):
            raise malformed("an image whose size doesn't match its pixels")
        image = module.frombytes(text(mode), size, bytes(data))
    if palette is not None:
        colours, raw = array(palette)
        order = choose({"RGB": "RGB", "RGBA": "RGBA"}, colours)
        image.putpalette(bytes.fromhex(text(raw)), order)
    image.info = reader.expect(info, "dict")
    return image


DECODERS: dict[str, Decoder] = {
    "pl.frame": _polars_frame,
    "pl.series": _polars_series,
    "pl.schema": _polars_schema,
    "pl.dtype": lambda reader, *parts: next(iter(_polars_schema(reader, *parts).values())),
    "sp.matrix": _sparse,
    "pil.image": _image,
}
