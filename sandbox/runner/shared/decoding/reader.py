"""Reads the tree of one payload and its attachments, within limits; checks each node's type."""

from __future__ import annotations

import importlib
import struct
from array import array as packed_array
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..limits import NUMBER_ITEM_BYTES, Budget, PayloadError, PayloadLimits, node_bytes

Decoder = Callable[..., Any]
T = TypeVar("T")
MAX_SIZE = 1 << 62


def malformed(what: str) -> PayloadError:
    """Return the error for a payload that breaks the format."""
    return PayloadError(f"malformed payload: {what}")


def integer(node: object, low: int = -(2**63), high: int = 2**63 - 1) -> int:
    """Expect an integer within bounds."""
    if type(node) is not int or not low <= node <= high:
        raise malformed(f"expected an integer in [{low}, {high}]")
    return node


def text(node: object) -> str:
    """Expect a string."""
    if type(node) is not str:
        raise malformed("expected a string")
    return node


def boolean(node: object) -> bool:
    """Expect true or false."""
    if type(node) is not bool:
        raise malformed("expected true or false")
    return node


def array(node: object) -> list[Any]:
    """Expect a JSON array."""
    if type(node) is not list:
        raise malformed("expected an array")
    return node


def shape_of(node: object) -> tuple[int, ...]:
    """Expect the shape of an array."""
    return tuple(integer(size, 0, MAX_SIZE) for size in array(node))


def choose(table: Mapping[str, T], name: object) -> T:
    """Expect one of a table's keys; return its value."""
    if type(name) is not str or name not in table:
        raise malformed(f"unknown name {str(name)[:60]!r}")
    return table[name]


def library(name: str, package: str = "") -> Any:
    """Import a library that a value needs; ``name`` never comes from a payload.

    Raises:
        PayloadError: it isn't installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = package or name.partition(".")[0]
        raise PayloadError(
            f"the value needs {package!r}, which cannot be imported here ({error});"
            f" install it with: pip install {package}"
        ) from None


class Reader:
    """The state of decoding one payload.

    ``find_decoder`` returns a tag's ``decoder(reader, *arguments)``. Decoders call
    :meth:`value` and :meth:`expect` for the nodes inside theirs.
    """

    def __init__(
        self,
        attachments: list[memoryview],
        limits: PayloadLimits,
        find_decoder: Callable[[object], Decoder],
    ) -> None:
        self.budget = Budget(limits, PayloadError)
        self.namedtuples: dict[tuple[str, ...], Callable[..., Any]] = {}
        self._attachments: list[memoryview | None] = list(attachments)
        self._find_decoder = find_decoder
        self._depth_left = 2 * limits.max_depth + 10  # a frame takes several levels

    def value(self, node: object) -> Any:
        """Decode any node."""
        if type(node) is not list:
            return node
        if not node:
            raise malformed("a node without a tag")
        decoder = self._find_decoder(node[0])
        self.budget.spend(node_bytes(node[0]))
        self._depth_left -= 1
        if self._depth_left < 0:
            raise malformed("it is nested too deeply")
        decoded = decoder(self, *node[1:])
        self._depth_left += 1
        return decoded

    def expect(self, node: object, *tags: str) -> Any:
        """Decode a node with one of ``tags``."""
        if type(node) is not list or not node or node[0] not in tags:
            raise malformed(f"expected one of {', '.join(tags)[:120]}")
        return self.value(node)

    def attachment(self, number: object) -> memoryview:
        """Take an attachment; each can be taken once."""
        position = integer(number, 0, len(self._attachments) - 1)
        data = self._attachments[position]
        if data is None:
            raise malformed("an attachment is used twice")
        self._attachments[position] = None
        self.budget.spend(len(data))
        return data

    def attached_text(self, number: object) -> str:
        """Take an attachment of UTF-8; lone surrogates are allowed."""
        data = self.attachment(number)
        self.budget.spend_text(data)
        return str(data, "utf-8", "surrogatepass")

    def items(self, node: object) -> list[Any]:
        """Decode a sequence's elements, packed or not."""
        kind, *arguments = array(node)
        if kind == "j":
            (nodes,) = arguments
            return [self.value(item) if type(item) is list else item for item in array(nodes)]
        if kind == "s":
            return self._texts(*arguments)
        if kind not in ("q", "d"):
            raise malformed("unknown kind of items")
        (number,) = arguments
        return self._numbers(kind, number)

    def finish(self) -> None:
        """Check that every attachment was used."""
        if any(data is not None for data in self._attachments):
            raise malformed("an attachment isn't used")

    def _numbers(self, code: str, number: object) -> list[Any]:
        data = self.attachment(number)
        self.budget.spend(NUMBER_ITEM_BYTES * (len(data) // struct.calcsize(code)))
        values = packed_array(code)
        values.frombytes(data)
        return values.tolist()

    def _texts(self, lengths: object, texts: object) -> list[Any]:
        counts = packed_array("q")
        counts.frombytes(self.attachment(lengths))
        data = self.attachment(texts)
        self.budget.spend_text(data, len(counts))
        if min(counts, default=0) < -2 or sum(count for count in counts if count > 0) != len(data):
            raise malformed("string lengths that don't add up")
        values: list[Any] = []
        position = 0
        for count in counts:
            if count < 0:
                values.append(None if count == -1 else float("nan"))
                continue
            values.append(str(data[position : position + count], "utf-8", "surrogatepass"))
            position += count
        return values
