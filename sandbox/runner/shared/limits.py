"""The payload format, its limits and its tables of names, the same at both ends.

A payload is ``MAGIC``, the tree's length, the tree, then the attachments::

    8 bytes magic | u64 length of the tree | tree | padding | attachment | padding | …

The tree is ASCII JSON of arrays and scalars only, never objects:
``[sizes of the attachments in bytes, node]``. A node is null, true, false, a
64-bit integer, a finite float or a string, each standing for itself, or an array
``[tag, arguments…]``. Attachments come in order, each starting at a multiple of
``ALIGNMENT``, so they can't overlap. Each is used exactly once.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

CODEC = "tree/1"
MAGIC = b"\x93CGVAL\x01\n"
PREAMBLE = struct.Struct("<8sQ")
ALIGNMENT = 64

TEXT_ITEM_BYTES = 64
NUMBER_ITEM_BYTES = 32
LIBRARY_OBJECT_BYTES = 512
LABELLED_OBJECT_BYTES = 8192
LABELLED_TAGS = frozenset({"pd.frame", "pd.series", "pd.index", "pd.range", "pd.multi"})
MAX_RATIO_BITS = 1 << 16
"""For each part of a fraction: reducing it takes time quadratic in this."""
PACK_FROM_ITEMS = 16
"""Lists of numbers or strings of at least this length go as attachments."""
LONG_TEXT_CHARS = 4096
LONG_BYTES = 1024
"""Strings and bytes longer than these go as attachments."""

TYPES = {
    kind.__name__: kind
    for kind in (
        bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict,
        object, type(None), range, slice,
    )
}  # fmt: skip
"""Classes that may be named in a payload."""
SPARSE_PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "dia": ("data", "offsets"),
}
"""The arrays of a SciPy matrix, by its format."""
BITS_PER_PIXEL = {
    "1": 1, "L": 8, "P": 8, "LA": 16, "PA": 16, "La": 16, "I;16": 16, "RGB": 24, "YCbCr": 24,
    "LAB": 24, "HSV": 24, "RGBA": 32, "RGBX": 32, "RGBa": 32, "CMYK": 32, "I": 32, "F": 32,
}  # fmt: skip
"""Pillow's image modes."""
ARROW_EXTENSION_KEY = b"ARROW:extension:name"

# Possessive, and a string may end at the end of the text: linear on any input.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = re.compile(rb"[^][{}]++")


@dataclass(frozen=True, slots=True)
class PayloadLimits:
    """How big one value may be, in transit and in memory.

    ``max_decoded_bytes`` limits the estimated memory of the decoded value, ``max_elements``
    the JSON elements of the tree, ``max_depth`` the nesting of containers.
    """

    max_bytes: int = 512 << 20
    max_decoded_bytes: int = 2 << 30
    max_depth: int = 100
    max_elements: int = 4_000_000
    max_attachments: int = 100_000


class PayloadError(ValueError):
    """A payload is malformed, over a limit, or needs a library that isn't installed."""


class Budget:
    """The memory a value may still take; raises ``error(sentence)`` when overspent."""

    def __init__(self, limits: PayloadLimits, error: Callable[[str], Exception]) -> None:
        self._max_bytes = limits.max_decoded_bytes
        self._left_bytes = limits.max_decoded_bytes
        self._error = error

    def spend(self, size_bytes: int) -> None:
        """Subtract ``size_bytes``."""
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            raise self._error(f"it would take more than {self._max_bytes} bytes of memory")

    def spend_text(self, data: bytes | memoryview, items: int = 1) -> None:
        """Subtract ``items`` strings whose UTF-8 is ``data``."""
        # One wide character makes each character of its string take four bytes.
        width = 1 if bytes(data).isascii() else 4
        self.spend(items * TEXT_ITEM_BYTES + width * len(data))


def node_bytes(tag: str) -> int:
    """Estimate the memory of the object that a node makes, without its attachments."""
    if tag in LABELLED_TAGS:
        return LABELLED_OBJECT_BYTES
    return LIBRARY_OBJECT_BYTES if "." in tag else 0


def count_elements(tree: bytes) -> int:
    """Count the elements of a JSON text without parsing it.

    Never less than what a parser would make, even for malformed text.
    """
    structure = _STRING.sub(b"", tree)
    return structure.count(b",") + structure.count(b"[") + structure.count(b"{")


def json_depth(text: bytes) -> int:
    """Return how deeply a JSON text is nested, without parsing it."""
    depth = deepest = 0
    for bracket in _NOT_BRACKETS.sub(b"", _STRING.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def padding(size_bytes: int) -> int:
    """Return how many bytes are missing to a multiple of ``ALIGNMENT``."""
    return -size_bytes % ALIGNMENT
