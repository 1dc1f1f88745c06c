"""Recognizes payloads whose decoding costs no more than their size, before anything is decoded.

They are decoded in this process, because a child would only take time. Nearly all results are
such: scalars, small containers, arrays of numbers, frames of numbers and strings. What isn't
proved here isn't plain, so a new kind of value is safe without a change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from sandbox.records import Payload
from sandbox.runner.shared.decode import split_payload
from sandbox.runner.shared.decoding.arrow_streams import has_few_messages
from sandbox.runner.shared.limits import MAGIC, PREAMBLE, json_depth

SMALL_BYTES = 64 << 10
"""For the tree, and for all attachments together that become Python objects."""
MAX_KEYS = 1_000
"""Of a dict or set: all of them may collide."""
MAX_OBJECTS = 300
"""Of libraries: arrays, columns, indexes."""
MAX_COLUMNS = 2_000
MAX_RANGE = 10_000_000
MAX_DEPTH = 60

_NUMBERS = re.compile(r"[<>|=][biufcMm]\d{1,2}(\[\d{0,6}[a-zA-Z]{1,2}\])?|[qQ]")
_FIXED = re.compile(r"[<>|=][SUV][1-9]\d{0,4}")

# What a tag's arguments are: "v" a value, "s" a small value, "i" items, "k" keys, "b" bytes of any
# size, "0" null, "1" true, "." anything, which the tree's size limits. A last "*": all the rest.
_ARGUMENTS = {
    **dict.fromkeys(("int", "float", "ellipsis", "notimplemented", "type", "utc", "offset"), ".*"),
    **dict.fromkeys(("zone", "date", "time", "datetime", "timedelta", "decimal", "uuid"), ".*"),
    **dict.fromkeys(("np.scalar", "pd.NaT", "pd.NA", "pd.timestamp", "pd.timedelta"), ".*"),
    **dict.fromkeys(("complex", "range", "slice", "fraction"), "s*"),
    **dict.fromkeys(("text", "bytes", "bytearray"), "b"),
    **dict.fromkeys(("list", "tuple"), "i"),
    **dict.fromkeys(("set", "frozenset"), "k"),
    **dict.fromkeys(("dict", "ordereddict", "counter"), "ki"),
    **dict.fromkeys(("np.str", "np.bytes"), "s"),
    **dict.fromkeys(("pd.numpy", "pd.timedeltas"), "v"),
    "defaultdict": ".ki",
    "deque": ".i",
    "ip": "..",
    "path": ".s",
    "np.objects": ".i",
    "pd.index": "vs0",
    "pd.series": "vvss1",
    "pd.strings.python": ".i",
    "pd.masked": ".vv",
    "pd.categorical": "vs.",
    "pd.datetimes": "v.",
}
_LENGTHS = {"q": 8, "d": 8, "s": 8}
_SCALARS = (bool, int, float, type(None))


def is_small(payload: Payload, value: object) -> bool:
    """Whether a payload is so small and plain that looking at its value takes a moment at most."""
    data = memoryview(payload.data)
    return type(value) in _SCALARS or (len(data) <= SMALL_BYTES and is_plain(data))


def is_plain(data: memoryview) -> bool:
    """Whether decoding takes time and memory in proportion to the payload, and only little more."""
    if len(data) < PREAMBLE.size:
        return False
    magic, tree_bytes = PREAMBLE.unpack_from(data)
    if magic != MAGIC or tree_bytes > min(SMALL_BYTES, len(data)):
        return False
    text = bytes(data[PREAMBLE.size : PREAMBLE.size + tree_bytes])
    if json_depth(text) > 4 * MAX_DEPTH:
        return False
    try:
        sizes, node = json.loads(text)
        attachments = split_payload(data, PREAMBLE.size + tree_bytes, sizes)
        return _Walk(attachments).value(node)
    except Exception:  # malformed: the decoder says how
        return False


class _Walk:
    """Goes through one tree; each method says whether a part of it is plain."""

    def __init__(self, attachments: list[memoryview]) -> None:
        self._attachments = attachments
        self._sizes = [len(attachment) for attachment in attachments]
        self._small_left = SMALL_BYTES
        self._objects_left = MAX_OBJECTS
        self._columns_left = MAX_COLUMNS
        self._depth_left = MAX_DEPTH
        self._checks: dict[str, Callable[..., bool]] = {
            "v": self.value,
            "s": self._small,
            "i": lambda items: self._items(items, None),
            "k": lambda items: self._items(items, MAX_KEYS),
            "b": lambda _: True,
            "0": lambda argument: argument is None,
            "1": lambda argument: argument is True,
            ".": lambda _: True,
        }
        self._special: dict[str, Callable[..., bool]] = {
            "np.array": self._array,
            "pd.range": self._range,
            "pd.strings.arrow": self._strings,
            "pd.multi": self._multi_index,
            "pd.frame": self._frame,
        }

    def value(self, node: Any) -> bool:
        if type(node) is not list:
            return True
        tag, *arguments = node
        self._objects_left -= "." in tag
        self._depth_left -= 1
        if self._objects_left < 0 or self._depth_left < 0:
            return False
        special = self._special.get(tag)
        plain = special(*arguments) if special else self._listed(_ARGUMENTS.get(tag), arguments)
        self._depth_left += 1
        return plain

    def _listed(self, kinds: str | None, arguments: list[Any]) -> bool:
        if kinds is None:
            return False
        if kinds.endswith("*"):
            kinds = kinds[0] * len(arguments)
        return len(kinds) == len(arguments) and all(
            self._checks[kind](argument) for kind, argument in zip(kinds, arguments, strict=True)
        )

    def _take(self, number: int) -> bool:
        """Count an attachment as small."""
        self._small_left -= self._sizes[number]
        return self._small_left >= 0

    def _small(self, node: Any) -> bool:
        """Check a value that must be small with all that it holds."""
        return self.value(node) and all(map(self._take, _attachments(node)))

    def _items(self, items: Any, most: int | None) -> bool:
        kind, *arguments = items
        if kind == "j":
            (nodes,) = arguments
            return (most is None or len(nodes) <= most) and all(map(self.value, nodes))
        count = self._sizes[arguments[0]] // _LENGTHS[kind]
        # Keys that are strings can't be made to collide: their hashes are random.
        few = most is None or kind == "s" or count <= most
        return few and all(map(self._take, arguments))

    def _array(self, dtype: Any, shape: list[int], _: Any, number: int | None) -> bool:
        if type(dtype) is not str or len(shape) > 32:
            return False
        if _NUMBERS.fullmatch(dtype):
            return number is not None or 0 in shape
        return bool(_FIXED.fullmatch(dtype)) and number is not None and self._take(number)

    def _range(self, start: int, stop: int, step: int, name: Any) -> bool:
        return len(range(start, stop, step)) <= MAX_RANGE and self._small(name)

    def _strings(self, _: Any, chunked: list[Any]) -> bool:
        # The decoder reads one column of large strings, whose offsets and text are its bytes.
        tag, number = chunked
        data = self._attachments[number]
        return tag == "pa.chunked" and (len(data) <= SMALL_BYTES or has_few_messages(data))

    def _multi_index(self, levels: list[Any], codes: list[Any], names: list[Any]) -> bool:
        return all(map(self._small, (*levels, *codes, *names)))

    def _frame(self, index: Any, columns: Any, groups: list[Any], attrs: Any, unique: Any) -> bool:
        self._columns_left -= sum(len(positions) for positions, _ in groups)
        return (
            self._columns_left >= 0
            and unique is True
            and self.value(index)
            and self._small(columns)
            and all(self.value(node) for _, node in groups)
            and self._small(attrs)
        )


def _attachments(node: Any) -> list[int]:
    """List the attachments of arrays and strings inside a node."""
    if type(node) is not list or not node:
        return []
    if node[0] == "np.array":
        return [node[4]] if type(node[4]) is int else []
    if node[0] == "pa.chunked":
        return [node[1]]
    return [number for part in node for number in _attachments(part)]
