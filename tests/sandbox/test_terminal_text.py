"""Text from a model or its code can't control the terminal."""

from __future__ import annotations

import re

import pytest

from sandbox.terminal_text import HIDDEN_CHARS, escape_control_chars, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("1%\r2%\r\ndone", "1%\n2%\ndone"),
        ("half \ud800", "half \\ud800"),
        ("é 漢", "é 漢"),
        ("ab\x08\x08cd", "ab\\x08\\x08cd"),
        ("\x1bPq\x1b\\ \x1b_x\x9c \x90y\x9c", "\\x1bPq\\x1b\\ \\x1b_x\\x9c \\x90y\\x9c"),
        ("\u202egpj.exe\u202c \u2066x\u2069 \u200f \u061c", None),
        ("zero\u200bwidth\u200c\u200d\u2060\ufeff\xad", None),
        ("two\u2028lines\u2029and\x85more\x0b\x0c", None),
        ("tag\U000e0041\U000e007f", "tag\\U000e0041\\U000e007f"),
        ("a\ufe00\ufe0f\U000e0100\U000e01ef", "a\\ufe00\\ufe0f\\U000e0100\\U000e01ef"),
        ("\u115f\u3164\uffa0\u034f\u180e\ufffa", None),
        # Joiners and selectors that belong to what is seen.
        ("👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"),
        ("❤\ufe0f\ufe0e", "❤\ufe0f\\ufe0e"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_control_characters_are_escaped(text: str, shown: str | None) -> None:
    escaped = escape_control_chars(text)
    if shown is None:  # everything hidden is escaped
        assert not re.search(f"[{HIDDEN_CHARS}]", escaped)
        assert escaped.isascii()
    else:
        assert escaped == shown


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "\x1b[31mred\x1b[0m", "\u202ea"])
def test_pieces_are_as_harmless_as_the_whole(text: str) -> None:
    assert "".join(map(escape_control_chars, text)) == escape_control_chars(text)


def test_one_line() -> None:
    assert one_line("a\nforged: line\r\n\tb\u2028c") == "a forged: line b\\u2028c"
