"""Arrow data, as uncompressed IPC streams."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ..shared.limits import ARROW_EXTENSION_KEY
from .writer import Node, NotEncodableError, Writer


def encode(writer: Writer, value: Any) -> Node | None:
    """Encode a value of a pyarrow type; return None for any other."""
    pa: Any = sys.modules["pyarrow"]
    if isinstance(value, pa.Table):
        return writer.node("pa.table", _attach(writer, value.schema, value.to_batches()))
    if isinstance(value, pa.RecordBatch):
        return writer.node("pa.batch", _attach(writer, value.schema, [value]))
    if isinstance(value, pa.ChunkedArray):
        return encode_chunked(writer, value)
    if isinstance(value, pa.Array):
        return writer.node("pa.array", _attach_arrays(writer, value.type, [value]))
    if isinstance(value, pa.Scalar):
        array = pa.array([value], type=value.type)
        return writer.node("pa.scalar", _attach_arrays(writer, value.type, [array]))
    if isinstance(value, pa.Schema):
        return writer.node("pa.schema", _attach(writer, value, []))
    if isinstance(value, pa.Field):
        return writer.node("pa.field", _attach(writer, pa.schema([value]), []))
    if isinstance(value, pa.DataType):
        return writer.node("pa.type", _attach_arrays(writer, value, []))
    return None


def encode_chunked(writer: Writer, chunked: Any) -> Node:
    """Encode a chunked array as a stream of one column."""
    return writer.node("pa.chunked", _attach_arrays(writer, chunked.type, chunked.chunks))


def _attach_arrays(writer: Writer, kind: Any, arrays: list[Any]) -> int:
    pa: Any = sys.modules["pyarrow"]
    schema = pa.schema([pa.field("", kind)])
    batches = [pa.record_batch([array], schema=schema) for array in arrays]
    return _attach(writer, schema, batches)


def _attach(writer: Writer, schema: Any, batches: list[Any]) -> int:
    ipc: Any = importlib.import_module("pyarrow.ipc")  # importing pyarrow may not have loaded it
    if ARROW_EXTENSION_KEY in schema.serialize().to_pybytes():
        raise NotEncodableError("an Arrow extension type has no safe encoding; use its storage")
    writer.budget.spend(sum(batch.num_rows * max(1, batch.num_columns) for batch in batches))
    sink = sys.modules["pyarrow"].BufferOutputStream()
    with ipc.new_stream(sink, schema, options=ipc.IpcWriteOptions(compression=None)) as stream:
        for batch in batches:
            stream.write_batch(batch)
    return writer.attach(memoryview(sink.getvalue()).cast("B"))
