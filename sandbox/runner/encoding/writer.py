"""Builds a payload's tree and collects its attachments, within limits."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from ..shared.limits import (
    LONG_TEXT_CHARS,
    NUMBER_ITEM_BYTES,
    PACK_FROM_ITEMS,
    Budget,
    PayloadLimits,
    node_bytes,
)

Node = Any
"""JSON: a scalar that stands for itself, or ``[tag, arguments…]``."""
Buffer = bytes | memoryview


class NotEncodableError(ValueError):
    """A value has no safe encoding. ``path`` leads to the part at fault, such as ``['a'][0]``."""

    def __init__(self, why: str, path: str = "") -> None:
        self.why = why
        self.path = path
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        """One sentence: where, and why."""
        return f"{self.path}: {self.why}" if self.path else self.why

    def inside(self, step: str) -> NotEncodableError:
        """Return the same error as seen from the container around the value."""
        path = f"{step}{self.path}"
        return NotEncodableError(self.why, path if len(path) <= 300 else f"{step}…")


def _stands_for_itself(value: Any) -> bool:
    kind: type = type(value)
    if kind is str:
        return len(value) <= LONG_TEXT_CHARS and bool(value.isascii())
    if kind is int:
        return bool(-(2**63) <= value < 2**63)
    if kind is float:
        return bool(-math.inf < value < math.inf)
    return value is None or kind is bool


class Writer:
    """The state of encoding one value.

    ``dispatch(writer, value)`` makes the node of any value. Encoders call :meth:`value`
    for the values inside theirs.
    """

    def __init__(self, limits: PayloadLimits, dispatch: Callable[[Writer, object], Node]) -> None:
        self.attachments: list[tuple[Buffer, ...]] = []
        self.budget = Budget(limits, NotEncodableError)
        self._limits = limits
        self._dispatch = dispatch
        self._open: set[int] = set()
        self._nodes = 0
        self._total_bytes = 0

    def value(self, value: object, step: str = "") -> Node:
        """Encode a value found at ``step`` of its container.

        Raises:
            NotEncodableError: with ``step`` put before its path.
        """
        try:
            return self._value(value)
        except NotEncodableError as error:
            raise (error.inside(step) if step else error) from None

    def node(self, tag: str, *arguments: Node) -> Node:
        """Return a tagged node."""
        self.budget.spend(node_bytes(tag))
        return [tag, *arguments]

    def attach(self, *parts: Buffer) -> int:
        """Add an attachment, given as flat buffers of bytes; return its number."""
        size = sum(len(part) for part in parts)
        self.budget.spend(size)
        self._total_bytes += size
        if self._total_bytes > self._limits.max_bytes:
            raise NotEncodableError(f"it takes more than {self._limits.max_bytes} bytes")
        if len(self.attachments) >= self._limits.max_attachments:
            raise NotEncodableError(f"it has over {self._limits.max_attachments} separate parts")
        self.attachments.append(parts)
        return len(self.attachments) - 1

    def attach_text(self, texts: bytes, items: int = 1) -> int:
        """Add UTF-8 as an attachment."""
        self.budget.spend_text(texts, items)
        return self.attach(texts)

    def items(self, values: Sequence[object], step: Callable[[int], str]) -> Node:
        """Encode a sequence's elements: packed if all have one type, else as a list of nodes.

        ``step(position)`` names an element in an error's path.
        """
        packed = self._packed(values) if len(values) >= PACK_FROM_ITEMS else None
        if packed is not None:
            return packed
        nodes = []
        for position, value in enumerate(values):
            if _stands_for_itself(value):  # most values: spare them the calls
                nodes.append(value)
                continue
            try:
                nodes.append(self._value(value))
            except NotEncodableError as error:
                raise error.inside(step(position)) from None
        self._count(len(nodes))
        return ["j", nodes]

    def _value(self, value: object) -> Node:
        self._count(1)
        if _stands_for_itself(value):
            return value
        if id(value) in self._open:
            raise NotEncodableError("it contains itself")
        if len(self._open) >= self._limits.max_depth:
            raise NotEncodableError(f"it is nested more than {self._limits.max_depth} deep")
        self._open.add(id(value))
        try:
            return self._dispatch(self, value)
        finally:
            self._open.discard(id(value))

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.max_elements:
            raise NotEncodableError(f"it has more than {self._limits.max_elements} elements")

    def _packed(self, values: Sequence[Any]) -> Node | None:
        kinds = set(map(type, values))
        if kinds == {float}:
            return self._packed_numbers("d", values)
        if kinds == {int}:
            try:
                return self._packed_numbers("q", values)
            except OverflowError:
                return None
        if str in kinds and kinds <= {str, type(None), float}:
            return self._packed_texts(values)
        return None

    def _packed_numbers(self, code: str, values: Sequence[Any]) -> Node:
        data = array(code, values).tobytes()
        self.budget.spend(NUMBER_ITEM_BYTES * len(values))
        return [code, self.attach(data)]

    def _packed_texts(self, values: Sequence[Any]) -> Node | None:
        """Pack strings, None (as length -1) and NaN (as length -2)."""
        lengths, texts = array("q"), []
        for value in values:
            if value is None:
                lengths.append(-1)
            elif type(value) is str:
                text = value.encode("utf-8", "surrogatepass")
                lengths.append(len(text))
                texts.append(text)
            elif value != value:
                lengths.append(-2)
            else:
                return None
        return ["s", self.attach(lengths.tobytes()), self.attach_text(b"".join(texts), len(values))]
