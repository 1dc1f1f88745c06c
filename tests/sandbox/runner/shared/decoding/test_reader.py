"""The checks on nodes, and the limits on what a payload may hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.runner.shared.decoding.reader import (
    Decoder,
    Reader,
    array,
    boolean,
    choose,
    integer,
    library,
    shape_of,
    text,
)
from sandbox.runner.shared.limits import PayloadError, PayloadLimits


def find(tag: object) -> Decoder:
    decoders: dict[str, Decoder] = {"list": lambda reader, items: reader.items(items)}
    return choose(decoders, tag)


def reader(*attachments: bytes, **limits: int) -> Reader:
    return Reader([memoryview(data) for data in attachments], PayloadLimits(**limits), find)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (integer, 5, True),
        (integer, -(2**63), 2**63),
        (text, "a", 1),
        (boolean, False, 0),
        (array, [1], (1,)),
        (shape_of, [], [-1]),
        (shape_of, [2, 3], [True]),
        (find, "list", ["list"]),
    ],
)
def test_a_node_of_another_type_is_refused(
    check: Callable[[object], Any], good: object, bad: object
) -> None:
    check(good)
    with pytest.raises(PayloadError, match="malformed"):
        check(bad)


def test_an_attachment_is_used_exactly_once() -> None:
    state = reader(b"abc", b"d")
    assert bytes(state.attachment(0)) == b"abc"
    with pytest.raises(PayloadError, match="used twice"):
        state.attachment(0)
    with pytest.raises(PayloadError, match="isn't used"):
        state.finish()
    state.attachment(1)
    state.finish()


def test_memory_and_depth_are_limited() -> None:
    with pytest.raises(PayloadError, match="memory"):
        reader(bytes(100), max_decoded_bytes=99).attachment(0)
    node: list[Any] = ["list", ["j", []]]
    for _ in range(15):
        node = ["list", ["j", [node]]]
    with pytest.raises(PayloadError, match="nested"):
        reader(max_depth=2).value(node)
    assert reader(max_depth=3).value(node)


def test_only_expected_tags_are_decoded() -> None:
    assert reader().expect(["list", ["j", [1]]], "list") == [1]
    with pytest.raises(PayloadError, match="expected one of dict"):
        reader().expect(["list", ["j", [1]]], "dict")


def test_a_library_that_is_not_installed_is_named() -> None:
    with pytest.raises(PayloadError, match=r"needs 'no_such'.*pip install no_such"):
        library("no_such.part")
