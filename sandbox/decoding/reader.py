"""Walks the tree of one payload and hands out its attachments, within limits."""

from __future__ import annotations

import struct
from array import array as packed_array
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.errors import PayloadError
from sandbox.runner.limits import NUMBER_ITEM_BYTES, Budget, PayloadLimits, node_bytes

from .checks import array, choose, integer, malformed

Decoder = Callable[..., Any]


class Reader:
    """The state of decoding one payload.

    ``decoders`` maps each tag to ``decoder(reader, *arguments)``; decoders call
    back :meth:`value` and :meth:`expect` for the nodes inside theirs.
    """

    def __init__(
        self,
        attachments: list[memoryview],
        limits: PayloadLimits,
        decoders: Mapping[str, Decoder],
    ) -> None:
        self.budget = Budget(limits, PayloadError)
        self.namedtuples: dict[tuple[str, ...], Callable[..., Any]] = {}
        self._attachments: list[memoryview | None] = list(attachments)
        self._decoders = decoders
        self._depth_left = 2 * limits.max_depth + 10  # a frame takes several levels

    def value(self, node: object) -> Any:
        """Decode any node."""
        if type(node) is not list:
            return node
        if not node:
            raise malformed("a node without a tag")
        decoder = choose(self._decoders, node[0])
        self.budget.spend(node_bytes(node[0]))
        self._depth_left -= 1
        if self._depth_left < 0:
            raise malformed("it is nested too deeply")
        decoded = decoder(self, *node[1:])
        self._depth_left += 1
        return decoded

    def expect(self, node: object, *tags: str) -> Any:
        """Decode a node of one of ``tags`` only."""
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
        """Take an attachment of UTF-8, lone surrogates allowed."""
        data = self.attachment(number)
        self.budget.spend_text(data)
        return str(data, "utf-8", "surrogatepass")

    def items(self, node: object) -> list[Any]:
        """Decode a sequence's elements, packed or not."""
        kind, *arguments = array(node)
        if kind == "j":
            (nodes,) = arguments
            return [self.value(one) if type(one) is list else one for one in array(nodes)]
        if kind == "s":
            return self._texts(*arguments)
        if kind not in ("q", "d"):
            raise malformed("unknown kind of items")
        (number,) = arguments
        return self._numbers(kind, number)

    def finish(self) -> None:
        """Check that nothing is left over."""
        if any(data is not None for data in self._attachments):
            raise malformed("an attachment is not used")

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
            raise malformed("lengths of strings that do not add up")
        values: list[Any] = []
        position = 0
        for count in counts:
            if count < 0:
                values.append(None if count == -1 else float("nan"))
                continue
            values.append(str(data[position : position + count], "utf-8", "surrogatepass"))
            position += count
        return values
