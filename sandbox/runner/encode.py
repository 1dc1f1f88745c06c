"""Encodes one value into a payload that the host can decode without trust."""

from __future__ import annotations

import json

from .encoding.dispatch import encode_any
from .encoding.errors import NotEncodableError
from .encoding.naming import type_name
from .encoding.reprs import bounded_repr
from .encoding.writer import Writer
from .exceptions import in_short
from .limits import MAGIC, PREAMBLE, EncodeLimits, count_elements, padding

__all__ = ["EncodeLimits", "NotEncodableError", "bounded_repr", "encode_value", "type_name"]

DEFAULT_LIMITS = EncodeLimits()


def encode_value(value: object, limits: EncodeLimits = DEFAULT_LIMITS) -> list[bytes | memoryview]:
    """Encode ``value`` as a payload, given in parts to be written one after the other.

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
    except BaseException as error:  # a library, or a type of the code's own, in an odd state
        raise NotEncodableError(f"encoding it failed with {in_short(error)}") from None


def _assemble(writer: Writer, node: object, limits: EncodeLimits) -> list[bytes | memoryview]:
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
