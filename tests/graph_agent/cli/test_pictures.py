"""Figures in a terminal that says that it can draw, and in one that can't."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import termios
from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer
from tests.graph_agent.cli.command import Command
from tests.graph_agent.cli.terminal import Terminal
from tests.graph_agent.cli.test_run import solved_by

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
ASKS_FOR_SIXEL = "\x1b[c"
SIXEL, NO_SIXEL = b"\x1b[?62;4c", b"\x1b[?62;1c"
PICTURE = "\x1bP"
"""How a sixel picture begins."""
ASKS_FOR_KITTY = "\x1b_G"
SENT = re.compile(r"\x1b_G([^;\x1b]*)")
PLACEHOLDER = "\U0010eeee"
"""Where kitty draws a cell of a picture that it was sent."""


@pytest.mark.parametrize("can_draw", [True, False])
def test_a_figure_is_drawn_where_the_terminal_can(tmp_path: Path, can_draw: bool) -> None:
    pytest.importorskip("textual_image")
    for number in range(3):  # the library waits for the terminal's answer for 0.1 s only
        shown = drawn(tmp_path / f"work-{number}", SIXEL if can_draw else NO_SIXEL)
        assert shown.index("Answer: 1 figure") < shown.index("Files in")
        if (PICTURE in shown) == can_draw:
            return
    raise AssertionError(shown[:2_000])


@pytest.mark.parametrize("can_draw", [True, False])
def test_a_figure_is_drawn_by_kittys_protocol(tmp_path: Path, can_draw: bool) -> None:
    pytest.importorskip("textual_image")
    for number in range(3):
        shown = drawn(tmp_path / f"work-{number}", NO_SIXEL, "OK" if can_draw else "ENOTSUP")
        assert shown.index("Answer: 1 figure") < shown.index("Files in")
        if (PLACEHOLDER in shown) == can_draw:
            break
    else:
        raise AssertionError(shown[:2_000])
    sent = [dict(_fields(head)) for head in SENT.findall(shown)]
    assert bool([fields for fields in sent if fields.get("f") == "100"]) == can_draw
    for fields in sent:
        if fields.get("f") == "100":  # NO_COLOR is set, and there is no COLORTERM
            red, green, blue = (int(fields["i"]) >> bits & 255 for bits in (16, 8, 0))
            assert f"38;2;{red};{green};{blue}m" in shown
    # A picture that is removed again would only flash.
    assert not [fields for fields in sent if fields.get("a") == "d"]


def _fields(head: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (field.partition("=") for field in head.split(","))]


def drawn(folder: Path, says: bytes, kitty: str | None = None) -> str:
    """Run in a terminal of 100 columns that answers what it can draw; return what it shows.

    ``kitty``: what it answers to the question for kitty's protocol.
    """
    with GeminiServer(solved_by(PLOT)) as server:
        command = Command(folder, server)
        with Terminal(command, "run", "Plot it", TERM="xterm-256color") as terminal:
            size = struct.pack("HHHH", 40, 100, 1000, 800)
            fcntl.ioctl(terminal._end, termios.TIOCSWINSZ, size)
            terminal.expect(ASKS_FOR_SIXEL)
            os.write(terminal._end, says)
            if kitty is not None:
                terminal.expect(ASKS_FOR_KITTY)
                asked = terminal.expect("\x1b\\")
                number = dict(_fields(asked.partition(";")[0]))["i"]
                os.write(terminal._end, f"\x1b_Gi={number};{kitty}\x1b\\".encode())
            assert terminal.ended() == 0, terminal.shown
    return terminal.shown


def test_a_dumb_terminal_is_not_asked(tmp_path: Path) -> None:
    with GeminiServer(solved_by(PLOT)) as server:
        command = Command(tmp_path / "work", server)
        with Terminal(command, "run", "Plot it") as terminal:
            assert terminal.ended() == 0, terminal.shown
    assert ASKS_FOR_SIXEL not in terminal.shown
