"""Arrow IPC streams, checked message by message before reading and in full afterwards.

The IPC reader itself is made for untrusted input. It allows what we refuse: compressed
buffers (bombs), dictionary deltas (quadratic), extension types (they call any class
registered under their name), and lengths without memory behind them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any

from ..limits import ARROW_EXTENSION_KEY
from .reader import Decoder, Reader, library, malformed

_RECORD_BATCH, _DICTIONARY_BATCH = 3, 2
# A name or an offset. Libraries open "dateutil//a/file" as a file.
_ZONE = re.compile(r"(?!dateutil)[A-Za-z0-9_+\-]{1,32}(/[A-Za-z0-9_+\-]{1,32}){0,2}|[+-]\d\d:\d\d")
MAX_TYPE_DEPTH = 64
FEW_MESSAGES = 500


def read_stream(reader: Reader, data: bytes, kind: Any = None) -> tuple[Any, list[Any]]:
    """Read a stream; return its schema and its record batches, fully validated.

    ``kind``: the type of its only column, checked before anything else is read; None: any.
    """
    ipc = library("pyarrow.ipc", "pyarrow")
    check_messages(data)
    with ipc.open_stream(data) as stream:
        schema = stream.schema
        if kind is not None and schema.types != [kind]:
            raise malformed("a column of another Arrow type")
        for field in schema:
            _check_zones(field.type)
        batches = []
        for batch in stream:
            _check_batch(reader, batch, len(data))
            batches.append(batch)
    return schema, batches


def _check_zones(kind: Any, depth: int = 0) -> None:
    """Refuse time zones that aren't a name or an offset, at any depth of a type."""
    if depth > MAX_TYPE_DEPTH:
        raise malformed("an Arrow type nested too deeply")
    zone = getattr(kind, "tz", None)
    if zone is not None and not _ZONE.fullmatch(zone):
        raise malformed("an invalid time zone")
    for at in range(kind.num_fields):
        _check_zones(kind.field(at).type, depth + 1)
    for inner in ("value_type", "run_end_type"):  # of dictionaries and run-ends
        if not kind.num_fields and hasattr(kind, inner):
            _check_zones(getattr(kind, inner), depth + 1)


def _check_batch(reader: Reader, batch: Any, stream_bytes: int) -> None:
    # First: before this, even asking for nbytes can read out of bounds.
    batch.validate()
    reader.budget.spend(batch.num_rows * max(1, batch.num_columns))
    # Several columns may be views of one buffer: count them as if each had its own.
    buffers = [buffer for column in batch.columns for buffer in column.buffers()]
    separate_bytes = sum(buffer.size for buffer in buffers if buffer is not None)
    reader.budget.spend(max(0, separate_bytes - stream_bytes))
    for column in batch.columns:
        reader.budget.spend(sum(_hidden_lengths(column)))
    batch.validate(full=True)  # last: takes time proportional to the lengths


def has_few_messages(data: memoryview) -> bool:
    """Whether a stream has so few messages that reading it takes time only for its bytes."""
    messages = library("pyarrow.ipc", "pyarrow").MessageReader.open_stream(data)
    return sum(1 for _ in zip(range(FEW_MESSAGES + 1), messages, strict=False)) <= FEW_MESSAGES


def check_messages(data: bytes) -> None:
    """Refuse what our streams never contain, before interpreting the stream."""
    ipc = library("pyarrow.ipc", "pyarrow")
    for position, message in enumerate(ipc.MessageReader.open_stream(data)):
        metadata = message.metadata.to_pybytes()
        if (message.type == "schema") != (position == 0):
            raise malformed("an Arrow stream without its schema first")
        if position == 0:
            if ARROW_EXTENSION_KEY in metadata:
                raise malformed("an Arrow extension type")
            continue
        if _has_refused_feature(metadata):
            raise malformed("an Arrow stream with compressed or delta buffers")


def _has_refused_feature(metadata: bytes) -> bool:
    """Inspect a message's flatbuffer (Arrow's Message.fbs; slots in declaration order)."""
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
    """Return the position of a flatbuffer table's slot, or 0 if it is missing."""
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
    """Yield the lengths of arrays inside ``column`` that needn't have memory behind them."""
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


def decode_chunked(reader: Reader, number: object, kind: Any = None) -> Any:
    """Decode a chunked array; ``kind``: its type, None: any."""
    schema, batches = read_stream(reader, bytes(reader.attachment(number)), kind)
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
    "pa.chunked": decode_chunked,
    "pa.array": _array,
    "pa.scalar": _scalar,
    "pa.schema": _schema,
    "pa.field": _field_of,
    "pa.type": lambda reader, number: _field_of(reader, number).type,
}
