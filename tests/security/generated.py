"""What generated tests are made of: values, payload trees, messages, answers."""

from __future__ import annotations

import contextlib
import functools
import json
import struct
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from sandbox.runner.encode import encode_value
from sandbox.runner.encoding.writer import NotEncodableError
from sandbox.runner.shared import frames
from sandbox.runner.shared.limits import PREAMBLE
from tests.sandbox.results.hostile_payloads import assemble
from tests.sandbox.value_kinds import KINDS


def _tags(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        yield from [node[0]] if node and isinstance(node[0], str) else []
        for part in node:
            yield from _tags(part)


@functools.cache
def _all_tags() -> list[str]:
    """Collect what payloads of every kind of value are made of."""
    found = {"zone", "rec.object", "pil.image"}
    for _, make in KINDS:
        with contextlib.suppress(NotEncodableError):
            payload = b"".join(encode_value(make()))
            _, size = PREAMBLE.unpack_from(payload)
            found.update(_tags(json.loads(payload[PREAMBLE.size : PREAMBLE.size + size])))
    return sorted(found)


TAGS = st.deferred(lambda: st.sampled_from(_all_tags()))
NUMBERS = st.integers(-3, 5) | st.integers(-(2**63), 2**63 - 1)
WORDS = st.sampled_from(["<i8", "|O", "|S0", "C", "ns", "UTC", "a", "", "/etc/passwd", "Int64"])
LEAVES = st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | WORDS | st.text()
NODES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda tag, rest: [tag, *rest], TAGS, st.lists(inner, max_size=5))
        | st.lists(inner, max_size=4)
    ),
    max_leaves=12,
)
ATTACHMENTS = st.lists(
    st.binary(max_size=80)
    | st.lists(st.integers(0, 9), max_size=8).map(
        lambda found: struct.pack(f"<{len(found)}q", *found)
    ),
    max_size=3,
)


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """Make a payload whose frame is right and whose tree may be anything."""
    attachments = draw(ATTACHMENTS)
    tree = [[len(data) for data in attachments], draw(NODES)]
    return assemble(json.dumps(tree).encode("ascii"), *attachments)


SIMPLE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.binary()
    | st.dates()
    | st.datetimes()
    | st.timedeltas()
    | st.times()
    | st.uuids()
    | st.fractions()
    | st.decimals(allow_nan=False)
    | st.ip_addresses()
)
HASHABLE = st.integers() | st.text() | st.binary() | st.dates() | st.uuids() | st.booleans()
VALUES = st.recursive(
    SIMPLE,
    lambda inner: (
        st.lists(inner, max_size=20)
        | st.tuples(inner, inner)
        | st.dictionaries(HASHABLE, inner, max_size=6)
        | st.frozensets(HASHABLE, max_size=6)
        | st.sets(HASHABLE, max_size=6)
    ),
    max_leaves=25,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
MESSAGE_TYPES = (
    *("running", "unloadable", "figure", "preview", "variable", "withheld", "display"),
    *("finished", "broken", "ready"),
)
KEYS = (
    *("name", "value_type", "codec", "reason", "repr", "text", "mime", "figure", "error", "notes"),
    *("check_error", "duration_s", "changed_inputs", "variable"),
)
MESSAGES = st.builds(
    lambda kind, rest: {**rest, "type": kind},
    st.sampled_from(MESSAGE_TYPES),
    st.dictionaries(st.sampled_from(KEYS), JSON | st.sampled_from(["x", "tree/1", "image/png"])),
)
CHUNKS = st.lists(st.tuples(st.sampled_from(frames.KINDS), st.binary(max_size=200)), max_size=8)
FILE_NAMES = st.text(max_size=300) | st.lists(
    st.sampled_from(["..", ".", "", "a", "A", ".env", "\\", "\0", "\n", "\u202e", "con", "x.csv"]),
    min_size=1,
    max_size=6,
).map("/".join)
LINES = st.sampled_from(
    [
        *("```python", "```", "~~~", "````", "x = 1", "import pandas as pd", "print(x)", ">>> x"),
        *("In [1]: x", "!pip install x", "%matplotlib inline", "<think>", "</think>", "'''", '"""'),
        *('{"code": "x = 1"}', "<code>", "</code>", "def f():", "    return 1", "- item", "1. x"),
        *(
            "\\n",
            "&lt;",
            "\u200b",
            "\u201cx\u201d",
            "...",
            "# x",
            "```py x = 1 ```",
            "\t",
            "[",
            "(",
        ),
    ]
)
ANSWERS = st.lists(LINES | st.text(max_size=30), max_size=25).map("\n".join)
