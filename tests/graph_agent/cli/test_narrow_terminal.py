"""A whole run in a real terminal of 60 columns, with and without colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.terminal_picture import screen
from tests.gemini_server import GeminiServer, Text
from tests.graph_agent.cli.command import Command
from tests.graph_agent.cli.terminal import Terminal
from tests.scripted_model import fenced, verdict

PLOT = """\
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2]); plt.show()
tips.groupby("day")[["tip"]].mean()
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*[34]\d[;m]")


@pytest.mark.parametrize("no_colour", ["", "1"])
def test_the_answer_stands_out(tmp_path: Path, no_colour: str) -> None:
    replies = [
        *(Text(fenced("1 / 0")), Text(verdict(False, why="It divides by zero. " * 5))),
        *(Text(fenced(PLOT)), Text(verdict(True, why="It averages the tips."))),
    ]
    environ = {"COLUMNS": "60", "TERM": "xterm-256color", "NO_COLOR": no_colour}
    with GeminiServer(replies) as server:
        command = Command(tmp_path / "work", server)
        args = ("run", "Average tip by day", "--var", "tips=tips.csv", "--out", "out")
        with Terminal(command, *args, **environ) as terminal:
            assert terminal.ended() == 0, terminal.shown
    left = screen(terminal.shown.replace("\r\n", "\n"))
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in left.split("\n")]
    attempts = [line for line in lines if "attempt " in line and "Solved" not in line]
    assert len(attempts) == 2, lines
    assert "attempt 1 failed: ZeroDivisionError: division" in attempts[0]
    answer = lines.index("Answer: 4 rows × 1 column")
    assert max(map(len, lines[:answer])) <= 60
    assert lines[-2].startswith("Files in out: ")
    assert lines[-1].startswith("Solved after 2 attempts, judged by model, 4 model calls")
    assert "Withheld" not in left
    assert bool(COLOUR.search(terminal.shown)) == (not no_colour)
    transcript = (command.folder / "out" / "transcript.md").read_text()
    assert "Withheld" not in transcript, "the figure came back"
