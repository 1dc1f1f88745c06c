"""Payloads changed at random raise a PayloadError or decode; nothing else happens."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sandbox.errors import PayloadError
from sandbox.results.decode import decode_payload
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import MAGIC, PREAMBLE, PayloadLimits
from tests.sandbox.results.hostile_payloads import (
    ATTRS,
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


def test_hand_made_payloads_are_valid_otherwise() -> None:
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
    limits = PayloadLimits(max_decoded_bytes=64 << 20)
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
    return found + [inner for part in (node if found else []) for inner in _nodes(part)]


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
            decode_payload(mutated, PayloadLimits(max_decoded_bytes=64 << 20))
        except PayloadError:
            continue


@pytest.mark.parametrize("name", ["pa struct map", "pa views", "pa union", "pl series list"])
@pytest.mark.filterwarnings("default")
def test_lying_offsets_are_refused_before_they_are_followed(name: str) -> None:
    # On some of these, pyarrow's nbytes reads out of bounds if it comes before validate().
    data = b"".join(encode_value(dict(KINDS)[name]()))
    for position in range(len(data) % 4, len(data) - 4, 4):
        for word in (2**31 - 1, 2**31, 2**20):
            mutated = data[:position] + word.to_bytes(4, "little") + data[position + 4 :]
            try:
                decode_payload(mutated, PayloadLimits(max_decoded_bytes=64 << 20))
            except PayloadError:
                continue
