"""Arrow IPC streams, checked message by message before and in full after reading.

The IPC reader itself is made for untrusted input; what it allows and we do not:
compressed buffers (bombs), dictionary deltas (quadratic), extension types (they
call whatever class is registered under their name), and lengths that stand for
no memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from sandbox.runner.encoding.arrow_tables import EXTENSION_KEY

from .checks import library, malformed
from .reader import Decoder, Reader

_RECORD_BATCH, _DICTIONARY_BATCH = 3, 2
MAX_TYPE_DEPTH = 64


def read_stream(reader: Reader, data: bytes) -> tuple[Any, list[Any]]:
    """Read a stream; return its schema and its record batches, fully validated."""
    ipc = library("pyarrow.ipc", "pyarrow")
    check_messages(data)
    with ipc.open_stream(data) as stream:
        schema = stream.schema
        batches = []
        for batch in stream:
            _check_batch(reader, batch, len(data))
            batches.append(batch)
    return schema, batches


def _check_batch(reader: Reader, batch: Any, stream_bytes: int) -> None:
    # First: before it, even asking for nbytes can read out of bounds.
    batch.validate()
    reader.budget.spend(batch.num_rows * max(1, batch.num_columns))
    # Several columns may be views of one buffer: count what they would take apart.
    buffers = [buffer for column in batch.columns for buffer in column.buffers()]
    apart = sum(buffer.size for buffer in buffers if buffer is not None)
    reader.budget.spend(max(0, apart - stream_bytes))
    for column in batch.columns:
        reader.budget.spend(sum(_hidden_lengths(column)))
    batch.validate(full=True)  # last: takes time in proportion to the lengths


def check_messages(data: bytes) -> None:
    """Refuse what a stream may hold but ours never does, before it is interpreted."""
    ipc = library("pyarrow.ipc", "pyarrow")
    for position, message in enumerate(ipc.MessageReader.open_stream(data)):
        metadata = message.metadata.to_pybytes()
        if (message.type == "schema") != (position == 0):
            raise malformed("an Arrow stream without its schema first")
        if position == 0:
            if EXTENSION_KEY in metadata:
                raise malformed("an Arrow extension type")
            continue
        if _has_refused_feature(metadata):
            raise malformed("an Arrow stream with compressed or delta buffers")


def _has_refused_feature(metadata: bytes) -> bool:
    """Look into the flatbuffer of a message (Arrow's Message.fbs, slots in their order)."""
    message = struct.unpack_from("<I", metadata)[0]
    kind = metadata[_field(metadata, message, 1)]
    batch = _follow(metadata, _field(metadata, message, 2))
    if kind == _DICTIONARY_BATCH:
        is_delta = _field(metadata, batch, 2)
        if is_delta and metadata[is_delta]:
            return True
        batch = _follow(metadata, _field(metadata, batch, 1))
    elif kind != _RECORD_BATCH:
        return True
    return _field(metadata, batch, 3) != 0


def _field(metadata: bytes, table: int, slot: int) -> int:
    """Find where a flatbuffer table keeps a slot, 0 if it has none."""
    vtable = table - struct.unpack_from("<i", metadata, table)[0]
    if vtable < 0:
        raise malformed("an Arrow message out of bounds")
    (vtable_bytes,) = struct.unpack_from("<H", metadata, vtable)
    where = 4 + 2 * slot
    if where + 2 > vtable_bytes:
        return 0
    (offset,) = struct.unpack_from("<H", metadata, vtable + where)
    return table + int(offset) if offset else 0


def _follow(metadata: bytes, position: int) -> int:
    if position == 0:
        raise malformed("an Arrow message without its header")
    return position + int(struct.unpack_from("<I", metadata, position)[0])


def _hidden_lengths(column: Any, depth: int = 0) -> Iterator[int]:
    """Yield the lengths of arrays inside ``column`` that need no memory of their own size."""
    types = library("pyarrow.types", "pyarrow")
    kind = column.type
    if depth > MAX_TYPE_DEPTH:
        raise malformed("an Arrow type nested too deeply")
    if types.is_null(kind) or types.is_run_end_encoded(kind) or types.is_fixed_size_binary(kind):
        yield len(column)
    for child in _children(types, column):
        yield len(child) if types.is_nested(child.type) else 0
        yield from _hidden_lengths(child, depth + 1)


def _children(types: Any, column: Any) -> list[Any]:
    kind = column.type
    if types.is_dictionary(kind):
        return [column.dictionary]
    if types.is_map(kind):
        return [column.keys, column.items]
    if types.is_struct(kind) or types.is_union(kind):
        return [column.field(at) for at in range(kind.num_fields)]
    if types.is_nested(kind) or types.is_run_end_encoded(kind):
        return [column.values]  # every kind of list
    return []


def _table(reader: Reader, number: object) -> Any:
    schema, batches = read_stream(reader, bytes(reader.attachment(number)))
    return library("pyarrow").Table.from_batches(batches, schema)


def _one_batch(reader: Reader, number: object) -> Any:
    _, (batch,) = read_stream(reader, bytes(reader.attachment(number)))
    return batch


def _chunked(reader: Reader, number: object) -> Any:
    schema, batches = read_stream(reader, bytes(reader.attachment(number)))
    (field,) = schema
    chunks = [batch.column(0) for batch in batches]
    return library("pyarrow").chunked_array(chunks, type=field.type)


def _array(reader: Reader, number: object) -> Any:
    (column,) = _one_batch(reader, number).columns
    return column


def _scalar(reader: Reader, number: object) -> Any:
    (scalar,) = _array(reader, number)
    return scalar


def _schema(reader: Reader, number: object) -> Any:
    return read_stream(reader, bytes(reader.attachment(number)))[0]


def _field_of(reader: Reader, number: object) -> Any:
    (field,) = _schema(reader, number)
    return field


DECODERS: dict[str, Decoder] = {
    "pa.table": _table,
    "pa.batch": _one_batch,
    "pa.chunked": _chunked,
    "pa.array": _array,
    "pa.scalar": _scalar,
    "pa.schema": _schema,
    "pa.field": _field_of,
    "pa.type": lambda reader, number: _field_of(reader, number).type,
}
