"""Figures in a terminal that says that it can draw, and in one that can't."""

from __future__ import annotations

import fcntl
import os
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


@pytest.mark.parametrize("can_draw", [True, False])
def test_a_figure_is_drawn_where_the_terminal_can(tmp_path: Path, can_draw: bool) -> None:
    pytest.importorskip("textual_image")
    for number in range(3):  # the library waits for the terminal's answer for 0.1 s only
        shown = drawn(tmp_path / f"work-{number}", SIXEL if can_draw else NO_SIXEL)
        assert shown.index("Answer: 1 figure") < shown.index("Files in")
        if (PICTURE in shown) == can_draw:
            return
    raise AssertionError(shown[:2_000])


def drawn(folder: Path, says: bytes) -> str:
    """Run in a terminal of 100 columns that answers what it can draw; return what it shows."""
    with GeminiServer(solved_by(PLOT)) as server:
        command = Command(folder, server)
        with Terminal(command, "run", "Plot it", TERM="xterm-256color") as terminal:
            size = struct.pack("HHHH", 40, 100, 1000, 800)
            fcntl.ioctl(terminal._end, termios.TIOCSWINSZ, size)
            terminal.expect(ASKS_FOR_SIXEL)
            os.write(terminal._end, says)
            assert terminal.ended() == 0, terminal.shown
    return terminal.shown


def test_a_dumb_terminal_is_not_asked(tmp_path: Path) -> None:
    with GeminiServer(solved_by(PLOT)) as server:
        command = Command(tmp_path / "work", server)
        with Terminal(command, "run", "Plot it") as terminal:
            assert terminal.ended() == 0, terminal.shown
    assert ASKS_FOR_SIXEL not in terminal.shown
