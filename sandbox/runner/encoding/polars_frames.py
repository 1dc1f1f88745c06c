"""polars' frames and series, as uncompressed Arrow IPC streams."""

from __future__ import annotations

import io
import sys
from typing import Any

from .errors import NotEncodableError
from .writer import Node, Writer


def encode(writer: Writer, value: Any) -> Node | None:
    """Encode a value of a polars type, None if it is not one of those known here."""
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
        return _encode_dtype(writer, value)
    return None


def _encode_dtype(writer: Writer, dtype: Any) -> Node:
    pl: Any = sys.modules["polars"]
    frame = pl.DataFrame(schema={"": dtype})
    if type(frame.schema[""]) is not type(dtype):
        raise NotEncodableError("a polars class of dtypes has no safe encoding; use an instance")
    return writer.node("pl.dtype", *_attach(writer, frame))


def _attach(writer: Writer, frame: Any) -> tuple[int, list[Node]]:
    """Attach a frame; return its number and which columns went as text, ``[name, dtype]``.

    Arrow knows no integers of 128 bits.
    """
    pl: Any = sys.modules["polars"]
    wide = {name: dtype for name, dtype in frame.schema.items() if dtype in _wide_types(pl)}
    for name, dtype in frame.schema.items():
        if name not in wide:
            _check_dtype(pl, name, dtype)
    if wide:
        frame = frame.with_columns(pl.col(list(wide)).cast(pl.String))
    writer.budget.spend(frame.height * max(1, frame.width))
    sink = io.BytesIO()
    frame.write_ipc_stream(sink, compression="uncompressed")
    names = [[writer.value(name), str(dtype)] for name, dtype in wide.items()]
    return writer.attach(sink.getbuffer()), names


def _wide_types(pl: Any) -> list[Any]:
    return [getattr(pl, name) for name in ("Int128", "UInt128") if hasattr(pl, name)]


def _check_dtype(pl: Any, column: str, dtype: Any) -> None:
    refused = [pl.Object, *_wide_types(pl)]
    if dtype in refused or (hasattr(pl, "Extension") and isinstance(dtype, pl.Extension)):
        raise NotEncodableError(
            f"a polars column of dtype {str(dtype)[:60]} has no safe encoding", f"[{column[:40]!r}]"
        )
    for inner in _inner_dtypes(dtype):
        _check_dtype(pl, column, inner)


def _inner_dtypes(dtype: Any) -> list[Any]:
    if hasattr(dtype, "fields"):
        return [field.dtype for field in dtype.fields]
    return [getattr(dtype, part) for part in ("inner", "key", "value") if hasattr(dtype, part)]
