"""Decodes a payload that code may have written, as hostile input.

The host does this, and in the container the process that runs the checks.
"""

from __future__ import annotations

import importlib
import json
from typing import Any, NoReturn

from .decoding import builtin_values
from .decoding.reader import Decoder, Reader, array, choose, integer, malformed
from .limits import (
    MAGIC,
    PREAMBLE,
    PayloadError,
    PayloadLimits,
    count_elements,
    padding,
)

DEFAULT_LIMITS = PayloadLimits()
_DECODERS: dict[str, Decoder] = dict(builtin_values.DECODERS)
# The module with the decoders of "np.array" and so on, imported when such a value arrives.
_MODULES = {
    "np": "numpy_arrays",
    "pd": "pandas_frames",
    "pa": "arrow_streams",
    "pl": "other_libraries",
    "sp": "other_libraries",
    "pil": "other_libraries",
    "rec": "records",
}


def decode_payload(
    data: bytes | bytearray | memoryview, limits: PayloadLimits = DEFAULT_LIMITS
) -> Any:
    """Rebuild the value that ``encode_value`` turned into a payload.

    The value shares no memory with ``data`` and can be written to. Nothing is
    unpickled or evaluated, and only libraries named in this package are imported.

    Raises:
        PayloadError: the payload is malformed or over a limit, or its value
            needs a library that isn't installed.
    """
    try:
        return _decode(memoryview(data).cast("B") if len(data) else memoryview(b""), limits)
    except (PayloadError, KeyboardInterrupt, SystemExit):
        raise
    except MemoryError:
        raise PayloadError("it takes more memory than there is for it") from None
    except BaseException as error:  # polars' panics aren't Exceptions
        text = " ".join(str(error).split())[:200]
        raise malformed(f"{type(error).__name__}: {text}") from None


def _find_decoder(tag: object) -> Decoder:
    if type(tag) is str and tag not in _DECODERS:
        module = _MODULES.get(tag.partition(".")[0]) if "." in tag else "stdlib_values"
        if module is not None:
            package = f"{__package__}.decoding.{module}"
            _DECODERS.update(importlib.import_module(package).DECODERS)
    return choose(_DECODERS, tag)


def _decode(data: memoryview, limits: PayloadLimits) -> Any:
    if len(data) > limits.max_bytes:
        raise PayloadError(
            f"a payload of {len(data)} bytes is over the limit of {limits.max_bytes}"
        )
    if len(data) < PREAMBLE.size:
        raise malformed("it is shorter than its preamble")
    magic, tree_bytes = PREAMBLE.unpack_from(data)
    if magic != MAGIC:
        raise malformed("it starts wrong, or has another version")
    start = PREAMBLE.size + tree_bytes
    if start > len(data):
        raise malformed("it is truncated")
    sizes, node = _parse(bytes(data[PREAMBLE.size : start]), limits)
    attachments = split_payload(data, start, array(sizes), limits)
    reader = Reader(attachments, limits, _find_decoder)
    value = reader.value(node)
    reader.finish()
    return value


def _parse(tree: bytes, limits: PayloadLimits) -> list[Any]:
    """Parse the tree, after counting its elements."""
    if count_elements(tree) > limits.max_elements:
        raise PayloadError(f"a payload has more than {limits.max_elements} elements")
    parsed = json.loads(tree.decode("ascii"), object_pairs_hook=_refuse, parse_constant=_refuse)
    if type(parsed) is not list or len(parsed) != 2:
        raise malformed("its tree isn't a pair")
    return parsed


def _refuse(_: object) -> NoReturn:
    raise malformed("its tree holds more than arrays and plain scalars")


def split_payload(
    data: memoryview, position: int, sizes: list[Any], limits: PayloadLimits = DEFAULT_LIMITS
) -> list[memoryview]:
    """Cut out the attachments; they must fill the payload to its last byte.

    Raises:
        PayloadError: they don't, or there are too many.
    """
    if len(sizes) > limits.max_attachments:
        raise PayloadError(f"a payload has more than {limits.max_attachments} attachments")
    attachments = []
    for size in sizes:
        start = position + padding(position)
        position = start + integer(size, 0)
        if position > len(data):
            raise malformed("an attachment is out of range")
        attachments.append(data[start:position])
    if position != len(data):
        raise malformed("it has extra bytes at the end")
    return attachments
