"""The payload's outer format and limits, the same for both ends.

A payload is ``MAGIC``, the tree's length, the tree, then the attachments::

    8 bytes magic | u64 length of the tree | tree | padding | attachment | padding | …

The tree is ASCII JSON made of arrays and scalars only (never an object):
``[sizes of the attachments in bytes, node]``. A node is null, true, false, a
64-bit integer, a finite float or a string standing for itself, or an array
``[tag, arguments…]``. Attachments lie in order, each starting at a multiple of
``ALIGNMENT``, so none can overlap another; each is used exactly once.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

MAGIC = b"\x93CGVAL\x01\n"
PREAMBLE = struct.Struct("<8sQ")
ALIGNMENT = 64

TEXT_ITEM_BYTES = 64
NUMBER_ITEM_BYTES = 32
LIBRARY_OBJECT_BYTES = 512
LABELLED_OBJECT_BYTES = 8192
LABELLED_TAGS = frozenset({"pd.frame", "pd.series", "pd.index", "pd.range", "pd.multi"})
MAX_RATIO_BITS = 1 << 16
"""Of a fraction's parts: reducing it takes time quadratic in this."""
PACK_FROM_ITEMS = 16
"""From this length on, lists of numbers or strings go as attachments."""
LONG_TEXT_CHARS = 4096
LONG_BYTES = 1024
"""Beyond these, one string goes as an attachment."""

# Possessive, and ending a string at the end of text: linear on any input.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class PayloadLimits:
    """How big one value may be, in transit and in memory.

    ``max_decoded_bytes`` bounds an estimate of the memory the decoded value
    takes; ``max_elements`` the JSON elements of the tree; ``max_depth`` the
    nesting of containers.
    """

    max_bytes: int = 512 << 20
    max_decoded_bytes: int = 2 << 30
    max_depth: int = 100
    max_elements: int = 4_000_000
    max_attachments: int = 100_000


EncodeLimits = PayloadLimits
DecodeLimits = PayloadLimits


class Budget:
    """What is left of a value's memory; raises ``error(sentence)`` when overspent."""

    def __init__(self, limits: PayloadLimits, error: Callable[[str], Exception]) -> None:
        self._max_bytes = limits.max_decoded_bytes
        self._left_bytes = limits.max_decoded_bytes
        self._error = error

    def spend(self, size_bytes: int) -> None:
        """Take ``size_bytes`` off."""
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            raise self._error(f"it would take more than {self._max_bytes} bytes of memory")

    def spend_text(self, data: bytes | memoryview, items: int = 1) -> None:
        """Take off ``items`` strings whose UTF-8 is ``data``."""
        # One wide character makes every character of its string take four bytes.
        width = 1 if bytes(data).isascii() else 4
        self.spend(items * TEXT_ITEM_BYTES + width * len(data))


def node_bytes(tag: str) -> int:
    """Estimate the memory of the object a node makes, beside its attachments."""
    if tag in LABELLED_TAGS:
        return LABELLED_OBJECT_BYTES
    return LIBRARY_OBJECT_BYTES if "." in tag else 0


def count_elements(tree: bytes) -> int:
    """Count the elements of a JSON text made of arrays, without parsing it.

    Never less than what a parser would make of it, also for malformed text.
    """
    structure = _STRING.sub(b"", tree)
    return structure.count(b",") + structure.count(b"[") + structure.count(b"{")


def padding(size_bytes: int) -> int:
    """Tell how many bytes bring ``size_bytes`` to a multiple of ``ALIGNMENT``."""
    return -size_bytes % ALIGNMENT
