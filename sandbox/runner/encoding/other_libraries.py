"""polars' frames as Arrow IPC streams, SciPy's sparse matrices by their arrays, Pillow's images."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

from ..shared.limits import BITS_PER_PIXEL, SPARSE_PARTS
from .numpy_arrays import encode_array
from .writer import Node, NotEncodableError, Writer


def _polars(writer: Writer, value: Any) -> Node | None:
    pl: Any = sys.modules["polars"]
    kind = type(value)
    if kind is pl.DataFrame:
        return writer.node("pl.frame", *_attach(writer, value))
    if kind is pl.Series:
        return writer.node("pl.series", *_attach(writer, value.to_frame()))
    if kind is pl.Schema:
        return writer.node("pl.schema", *_attach(writer, value.to_frame()))
    if isinstance(value, pl.DataType) or (
        isinstance(value, type) and issubclass(value, pl.DataType)
    ):
        frame = pl.DataFrame(schema={"": value})
        if type(frame.schema[""]) is not kind:
            raise NotEncodableError(
                "a polars class of dtypes has no safe encoding; use an instance"
            )
        return writer.node("pl.dtype", *_attach(writer, frame))
    return None


def _attach(writer: Writer, frame: Any) -> tuple[int, list[Node]]:
    """Attach a frame; return its number and the columns sent as text, ``[name, dtype]``.

    Arrow has no integers of 128 bits.
    """
    pl: Any = sys.modules["polars"]
    wide_types = [getattr(pl, name) for name in ("Int128", "UInt128") if hasattr(pl, name)]
    wide = {name: dtype for name, dtype in frame.schema.items() if dtype in wide_types}
    for name, dtype in frame.schema.items():
        if name not in wide:
            _check_dtype(pl, name, dtype, [pl.Object, *wide_types])
    if wide:
        frame = frame.with_columns(pl.col(list(wide)).cast(pl.String))
    writer.budget.spend(frame.height * max(1, frame.width))
    sink = io.BytesIO()
    frame.write_ipc_stream(sink, compression="uncompressed")
    names = [[writer.value(name), str(dtype)] for name, dtype in wide.items()]
    return writer.attach(sink.getbuffer()), names


def _check_dtype(pl: Any, column: str, dtype: Any, refused: list[Any]) -> None:
    if dtype in refused or (hasattr(pl, "Extension") and isinstance(dtype, pl.Extension)):
        raise NotEncodableError(
            f"a polars column of dtype {str(dtype)[:60]} has no safe encoding", f"[{column[:40]!r}]"
        )
    inner = [field.dtype for field in getattr(dtype, "fields", ())] or [
        getattr(dtype, part) for part in ("inner", "key", "value") if hasattr(dtype, part)
    ]
    for part in inner:
        _check_dtype(pl, column, part, refused)


def _sparse(writer: Writer, value: Any) -> Node | None:
    sparse = sys.modules.get("scipy.sparse")
    form = getattr(value, "format", None)
    if sparse is None or not isinstance(form, str):
        return None
    for flavour in ("array", "matrix"):
        if type(value) is getattr(sparse, f"{form}_{flavour}", None):
            shape = [int(size) for size in value.shape]
            return writer.node("sp.matrix", form, flavour, shape, _sparse_parts(writer, value))
    return None


def _sparse_parts(writer: Writer, value: Any) -> list[Node]:
    if value.format == "lil":
        writer.budget.spend(128 * int(value.shape[0]))
    if value.format in SPARSE_PARTS:
        return [encode_array(writer, getattr(value, name)) for name in SPARSE_PARTS[value.format]]
    triplets = value.tocoo()  # coo itself, and the formats that the host builds from it
    return [encode_array(writer, array) for array in (triplets.data, *triplets.coords)]


def _image(writer: Writer, value: Any) -> Node | None:
    module = sys.modules.get("PIL.Image")
    if module is None or not isinstance(value, module.Image):
        return None
    if type(value) is not module.Image:
        raise NotEncodableError(f"a PIL.{type(value).__name__} is tied to its file; call .copy()")
    if value.mode not in BITS_PER_PIXEL:
        raise NotEncodableError(f"an image of mode {value.mode!r} has no safe encoding; convert it")
    width, height = value.size
    writer.budget.spend(4 * width * height)
    palette = None
    if value.palette is not None:
        mode = value.palette.mode
        palette = [mode, bytes(value.getpalette(mode) or b"").hex()]
    pixels = writer.attach(value.tobytes()) if width * height else None
    info = writer.value(dict(value.info), ".info")
    return writer.node("pil.image", value.mode, width, height, pixels, palette, info)


ENCODERS: dict[str, Callable[[Writer, Any], Node | None]] = {
    "polars": _polars,
    "scipy": _sparse,
    "PIL": _image,
}
