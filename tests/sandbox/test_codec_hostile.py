"""Hostile payloads give a PayloadError, or a value; nothing else, and no harm."""

from __future__ import annotations

import json
import random
import sys
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sandbox.decode import DecodeLimits, decode_payload
from sandbox.errors import PayloadError
from sandbox.runner.encode import encode_value
from sandbox.runner.limits import MAGIC, PREAMBLE, count_elements
from tests.sandbox.hostile_payloads import (
    ATTRS,
    HOSTILE,
    INDEX,
    INTS,
    ROWS,
    THREE,
    TWO,
    array_node,
    payload,
    stream,
)  # fmt: skip
from tests.sandbox.value_kinds import KINDS, mixed_frame

SEED = 20_240_101


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_malformed_payload_is_refused(data: bytes) -> None:
    with pytest.raises(PayloadError) as caught:
        decode_payload(data)
    assert len(str(caught.value)) < 600


def test_hand_made_payloads_are_otherwise_sound() -> None:
    assert decode_payload(payload(THREE, INTS)).tolist() == [0, 1, 2]
    assert decode_payload(payload(["pa.table", 0], stream(pa.table({"a": [1]})))).num_rows == 1
    frame = ["pd.frame", ROWS, TWO, [[[0, 1], array_node("<i8", [2, 3])]], ATTRS, True]
    assert decode_payload(payload(frame, INTS + INTS)).shape == (3, 2)
    assert len(decode_payload(payload(INDEX, INTS))) == 3


SAMPLES = [
    mixed_frame(),
    {"a": [1, "x", 2.5], "b": np.arange(5), "c": pd.Timestamp("2024", tz="UTC")},
    dict(KINDS)["pl frame"](),
    dict(KINDS)["pa table"](),
    dict(KINDS)["frame multi-indexed"](),
    dict(KINDS)["sparse csr array"](),
    [at / 2 for at in range(100)] + ["text"] * 30,
]


@pytest.mark.parametrize("value", SAMPLES, ids=lambda value: type(value).__name__)
def test_truncated_anywhere_is_refused(value: Any) -> None:
    data = b"".join(encode_value(value))
    for end in range(0, len(data), max(1, len(data) // 150)):
        with pytest.raises(PayloadError):
            decode_payload(data[:end])


@pytest.mark.parametrize("value", SAMPLES, ids=lambda value: type(value).__name__)
@pytest.mark.filterwarnings("default")
def test_mutations_give_a_value_or_a_payload_error(value: Any) -> None:
    chance = random.Random(SEED)
    data = b"".join(encode_value(value))
    limits = DecodeLimits(max_decoded_bytes=64 << 20)
    for _ in range(300):
        mutated = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8))):
            mutated[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            decode_payload(mutated, limits)
        except PayloadError:
            continue


def _nodes(node: Any) -> list[list[Any]]:
    found = [node] if isinstance(node, list) else []
    return found + [inner for one in found[:1] for part in one for inner in _nodes(part)]


@pytest.mark.parametrize("position", range(0, len(KINDS), 3))
@pytest.mark.filterwarnings("default")
def test_trees_changed_at_random_give_a_value_or_a_payload_error(position: int) -> None:
    chance = random.Random(SEED + position)
    data = b"".join(encode_value(KINDS[position][1]()))
    (_, size), text = PREAMBLE.unpack_from(data), data[PREAMBLE.size :]
    odd = [None, True, -1, 0, 2**40, 1.5, "", "x", [], ["j", []], ["list", ["j", []]], [-1]]
    for _ in range(30):
        tree = json.loads(text[:size])
        target = chance.choice(_nodes(tree))
        if target:
            target[chance.randrange(len(target))] = chance.choice(odd)
        changed = json.dumps(tree, separators=(",", ":")).encode()
        # Attachments move with the tree's length: keep their alignment.
        changed += b" " * ((size - len(changed)) % 64)
        mutated = PREAMBLE.pack(MAGIC, len(changed)) + changed + text[size:]
        try:
            decode_payload(mutated, DecodeLimits(max_decoded_bytes=64 << 20))
        except PayloadError:
            continue


def test_elements_are_counted_without_parsing() -> None:
    assert count_elements(b'[1,"a,b[",[2,"\\",["]]') == 5
    assert count_elements(b'"' * 1_000_001) < 10
    assert count_elements(b'\\"' * 1_000_000) < 10
    with pytest.raises(PayloadError, match="more than 1000 elements"):
        decode_payload(payload([[] for _ in range(2_000)]), DecodeLimits(max_elements=1_000))


def test_size_limit_comes_first() -> None:
    with pytest.raises(PayloadError, match="over the limit of 100"):
        decode_payload(bytes(101), DecodeLimits(max_bytes=100))


def test_names_in_a_payload_import_nothing() -> None:
    before = set(sys.modules)
    for tag in ("antigravity", "this", "xml.sax", "np.ctypeslib", "pd.io"):
        with pytest.raises(PayloadError, match="unknown name"):
            decode_payload(payload([tag, "antigravity"]))
    with pytest.raises(PayloadError):
        decode_payload(payload(["zone", "antigravity/this"]))
    new = {name for name in set(sys.modules) - before if "tzdata" not in name}
    assert not new & {"antigravity", "this", "xml.sax"}


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(PayloadError, match=r"needs 'polars'.*pip install polars"):
        decode_payload(payload(["pl.frame", 0, []], b"x"))


@pytest.mark.parametrize("name", ["pa struct map", "pa views", "pa union", "pl series list"])
@pytest.mark.filterwarnings("default")
def test_lying_offsets_are_refused_before_they_are_followed(name: str) -> None:
    # pyarrow's nbytes, asked before validate(), read out of bounds on some of these.
    data = b"".join(encode_value(dict(KINDS)[name]()))
    for position in range(len(data) % 4, len(data) - 4, 4):
        for word in (2**31 - 1, 2**31, 2**20):
            mutated = data[:position] + word.to_bytes(4, "little") + data[position + 4 :]
            try:
                decode_payload(mutated, DecodeLimits(max_decoded_bytes=64 << 20))
            except PayloadError:
                continue
