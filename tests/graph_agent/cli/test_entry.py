"""The entry point: streams of any kind, and an exit at any moment."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer
from tests.graph_agent.cli.command import Command, finished, interrupted
from tests.graph_agent.cli.terminal import Terminal
from tests.graph_agent.cli.test_run import answer, solved_by


def test_a_usage_error_names_the_command_and_its_help(command: Command) -> None:
    done = command.here("run", "x", "--nope")
    assert (done.code, done.out) == (2, "")
    (line,) = done.error_lines
    assert "--nope" in line
    assert "`codegen-agent run --help`" in line


def test_a_terminal_without_unicode(tmp_path: Path) -> None:
    replies = solved_by("word = 'é🎉'\nprint(word)", why="🎉")
    environ = {"PYTHONIOENCODING": "ascii", "COLUMNS": "20"}
    command, done = answer(tmp_path, replies, "run", "Say 🎉", **environ)
    assert done.code == 0, done.err
    assert "\\U0001f389" in done.out
    assert "\\U0001f389" in done.err
    for encoding in ("ascii", "latin-1"):
        assert command("threads", **environ | {"PYTHONIOENCODING": encoding}).code == 0


def test_a_locale_without_unicode_keeps_the_request(tmp_path: Path) -> None:
    environ = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    _, done = answer(tmp_path, solved_by("x = 1"), "run", "Größe 🎉", "--json", **environ)
    assert done.code == 0, done.err
    assert done.json["code"].startswith("# User request: Größe 🎉\n")


def test_a_closed_stdout_does_not_stop_the_run(tmp_path: Path) -> None:
    with GeminiServer(solved_by("x = 1")) as server:
        command = Command(tmp_path / "work", server)
        process = command.start("run", "Go", "--out", "out")
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        done = finished(process)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert (command.folder / "out" / "transcript.md").is_file()


@pytest.mark.parametrize("args", ["threads", "threads --json", "doctor"])
def test_head_gets_its_line_without_a_traceback(command: Command, args: str) -> None:
    piped = subprocess.run(
        f"{sys.executable} -m graph_agent.cli {args} | head -c 1",
        shell=True,
        cwd=command.folder,
        capture_output=True,
        check=True,
    )
    assert len(piped.stdout) == 1
    assert b"Traceback" not in piped.stderr
    assert b"BrokenPipe" not in piped.stderr


@pytest.mark.parametrize("args", [["threads"], ["doctor"]], ids=" ".join)
def test_ctrl_c_while_it_starts(command: Command, args: list[str]) -> None:
    done = interrupted(command.start(*args), lambda: True)
    # The others: before a line of ours ran.
    assert done.code in (-2, 130) or "Could not import runpy" in done.err, done


def test_it_ends_as_soon_as_the_answer_is_out(tmp_path: Path) -> None:
    with GeminiServer(solved_by("x = 1")) as server:
        command = Command(tmp_path / "work", server)
        with Terminal(command, "run", "Go") as terminal:
            terminal.expect("Solved after 1 attempt")
            since = time.monotonic()
            assert terminal.ended() == 0
            assert time.monotonic() - since < 1
    assert not list((tmp_path / "state" / "variables" / "jobs").glob("*"))
