"""The picture of a terminal shows what stays on it, and fetches nothing."""

from __future__ import annotations

from tests.docs.terminal_picture import PICTURE, drawn, screen


def test_lines_that_were_drawn_again_count_once() -> None:
    text = "\x1b[?25lone\r\x1b[2Ktwo\r\x1b[2K\x1b[32mthree\x1b[0m\r\n"
    text += "last\r\n\x1b[?25h\x1b[1A\x1b[2KAnswer: 4\r\n"
    assert screen(text) == "\x1b[32mthree\x1b[0m\nAnswer: 4"


def test_the_picture_fetches_nothing() -> None:
    svg = drawn(["codegen-agent", "run", "a & <b>"], "Answer: <4>\r\n")
    assert "Answer:" in svg
    assert "<b>" not in svg
    assert "url(" not in svg.replace("url(#", "")


def test_there_is_one() -> None:
    assert "Answer:" in PICTURE.read_text("utf-8").replace("&#160;", " ")
