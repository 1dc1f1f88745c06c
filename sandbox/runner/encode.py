"""Encodes one value into a payload that the host can decode without trusting it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from .encoding import (
    arrow_streams,
    builtin_values,
    numpy_arrays,
    other_libraries,
    pandas_frames,
    records,
    stdlib_values,
)
from .encoding.refusals import reason_for
from .encoding.reprs import in_short
from .encoding.writer import Node, NotEncodableError, Writer
from .shared.limits import MAGIC, PREAMBLE, PayloadLimits, count_elements, padding
from .shared.naming import module_name

DEFAULT_LIMITS = PayloadLimits()
# By the exact type, never by a base class.
_BY_TYPE: dict[type, Callable[[Writer, Any], Node]] = {
    **builtin_values.ENCODERS,
    **stdlib_values.ENCODERS,
}
_BY_LIBRARY: dict[str, Callable[[Writer, Any], Node | None]] = {
    "numpy": numpy_arrays.encode,
    "pandas": pandas_frames.encode,
    "pyarrow": arrow_streams.encode,
    **other_libraries.ENCODERS,
}


def encode_value(value: object, limits: PayloadLimits = DEFAULT_LIMITS) -> list[bytes | memoryview]:
    """Encode ``value`` as a payload, returned in parts to be written one after the other.

    Parts may be views of the value's own memory: write them before it changes.

    Raises:
        NotEncodableError: the value, or something in it, has no safe encoding,
            or it is over a limit; ``reason`` says which and where.
    """
    writer = Writer(limits, encode_any)
    try:
        return _assemble(writer, writer.value(value), limits)
    except NotEncodableError:
        raise
    except RecursionError:
        raise NotEncodableError("it is nested too deeply") from None
    except MemoryError:
        raise NotEncodableError("there is not enough memory to encode it") from None
    except BaseException as error:  # from a library, or from a class of the code
        raise NotEncodableError(f"encoding it failed with {in_short(error)}") from None


def encode_any(writer: Writer, value: object) -> Node:
    """Make the node of any value.

    Raises:
        NotEncodableError: it has no safe encoding.
    """
    kind = type(value)
    encoder = _BY_TYPE.get(kind)
    if encoder is not None:
        return encoder(writer, value)
    library = module_name(kind).partition(".")[0]
    # A value of a library means that the code imported it; a name alone proves nothing.
    node: Node | None = None
    if library in _BY_LIBRARY and library in sys.modules:
        node = _BY_LIBRARY[library](writer, value)
    if node is None:
        node = stdlib_values.encode_other(writer, value)
    if node is None:
        node = records.encode(writer, value)
    if node is None:
        raise NotEncodableError(reason_for(value))
    return node


def _assemble(writer: Writer, node: object, limits: PayloadLimits) -> list[bytes | memoryview]:
    sizes = [sum(len(part) for part in parts) for parts in writer.attachments]
    tree = json.dumps([sizes, node], separators=(",", ":"), allow_nan=False).encode("ascii")
    if count_elements(tree) > limits.max_elements:
        raise NotEncodableError(f"it has more than {limits.max_elements} elements")
    payload: list[bytes | memoryview] = [PREAMBLE.pack(MAGIC, len(tree)), tree]
    position = PREAMBLE.size + len(tree)
    for size, parts in zip(sizes, writer.attachments, strict=True):
        if gap := padding(position):
            payload.append(bytes(gap))
        payload.extend(part for part in parts if len(part))
        position += gap + size
    if position > limits.max_bytes:
        raise NotEncodableError(f"it takes {position} bytes, over the limit of {limits.max_bytes}")
    return payload
