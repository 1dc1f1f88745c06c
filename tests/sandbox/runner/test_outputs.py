"""Which values are sent, and in what form."""

from __future__ import annotations

import os
from typing import Any

from sandbox.results.decode import decode_payload
from sandbox.runner.inputs import Given
from sandbox.runner.outputs import MAX_DISPLAY_CHARS, chosen, send_values, variables


def sent(*arguments: Any) -> tuple[list[tuple[dict[str, Any], bytes]], str]:
    """Return the messages that are sent, and the note."""
    messages: list[tuple[dict[str, Any], bytes]] = []
    note = send_values(lambda header, body: messages.append((header, b"".join(body))), *arguments)
    return messages, note


class Str(str):
    __slots__ = ()


def test_only_names_of_variables_are_kept() -> None:
    namespace: dict[Any, Any] = {"x": 1, "class": 2, "a b": 3, 4: 4, Str("y"): 5}
    assert variables(namespace) == {"x": 1}


def test_new_and_changed_values_come_back_by_default() -> None:
    given = Given()
    given.values = {"same": 1, "changed": 2}
    values = {"same": 1, "changed": 3, "new": 4, "_private": 5, "os": os}
    assert chosen(values, given.values.keys(), ["changed"]) == ["changed", "new"]


def test_each_name_is_sent_or_withheld() -> None:
    values = {"x": [1, 2], "f": len, "big": "x" * 900}
    messages, note = sent(values, ["x", "f", "big", "gone"], None, 500, 10)
    assert note == ""
    assert [(header["type"], header["name"]) for header, _ in messages] == [
        ("variable", "x"),
        ("withheld", "f"),
        ("withheld", "big"),
        ("withheld", "gone"),
    ]
    assert decode_payload(messages[0][1]) == [1, 2]
    assert "function" in messages[1][0]["reason"]
    assert "bytes" in messages[2][0]["reason"]
    assert "did not define" in messages[3][0]["reason"]


def test_the_display_has_a_short_text_and_a_value_if_it_has_an_encoding() -> None:
    ((header, body),), _ = sent({}, [], ["x" * 10_000], 1 << 20, 10)
    assert len(header["text"]) <= MAX_DISPLAY_CHARS
    assert decode_payload(body) == ["x" * 10_000]
    ((header, body),), _ = sent({}, [], len, 1 << 20, 10)
    assert (header["text"], "codec" in header, body) == ("<built-in function len>", False, b"")


def test_too_many_variables_are_counted() -> None:
    names = [f"v{at}" for at in range(7)]
    messages, note = sent(dict.fromkeys(names, 0), names, None, 1 << 20, 2)
    assert [header["type"] for header, _ in messages] == ["variable"] * 2 + ["withheld"] * 2
    assert note.startswith("3 more")
