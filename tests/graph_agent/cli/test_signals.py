"""Ctrl-C and SIGTERM at each stage, and resuming without repeating a model call."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from graph_agent.cli.exits import sigterm_as_interrupt
from graph_agent.progress.following import DRAIN_S
from tests.gemini_server import GeminiServer, Reply, Slow, Text
from tests.graph_agent.cli.command import (
    Command,
    Done,
    containers_left,
    containers_made,
    finished,
    interrupted,
    wait_until,
)
from tests.scripted_model import fenced, verdict


def stopped(done: Done) -> str:
    """Check how an interrupted run ends, and return its thread."""
    assert done.code == 130
    assert "Traceback" not in done.err
    message, hint = done.error_lines[-2:]
    assert message == "codegen-agent: interrupted"
    assert "codegen-agent resume " in hint
    wait_until(lambda: containers_left(done.pid) == 0, limit_s=60)
    return hint.split()[-1]


def resumed(
    command: Command, thread: str, replies: list[Reply], *, apart: bool = False
) -> tuple[Done, list[str]]:
    """Resume with ``replies``, in a process of its own or here; return outcome and prompts."""
    with GeminiServer(replies) as server:
        command.server = server
        done = (command if apart else command.here)("resume", thread, "--json")
        return done, [request.prompt for request in server.requests]


def test_while_the_model_thinks(tmp_path: Path) -> None:
    with GeminiServer([Slow(50)]) as server:
        command = Command(tmp_path / "work", server)
        process = command.start("run", "Go", "--json")
        done = interrupted(process, lambda: server.requests)
    thread = stopped(done)
    assert done.json["exit_code"] == 130
    assert thread in done.json["error"]["notes"][0]
    (found,) = command.here("threads", "--json").json["threads"]
    assert (found["thread_id"], found["status"]) == (thread, "unfinished")
    again, asked = resumed(command, thread, [Text(fenced("x = 1")), Text(verdict(True))])
    assert again.code == 0, again.err
    assert len(asked) == 2
    assert again.json["variables"]["x"]["value"] == 1


AGAIN = "again stops at once"
"""Part of the message after the first interrupt."""
SLEEPS = "import time\ntime.sleep({})\nprint('over')"


def running_code(command: Command, *args: str) -> subprocess.Popen[bytes]:
    """Start a run and return it when a container has its code."""
    process = command.start("run", "Go", *args)
    read_until(process, b" of code")
    wait_until(lambda: containers_left(process.pid, serving=True))
    return process


def read_until(process: subprocess.Popen[bytes], text: bytes) -> None:
    """Read lines of stderr up to one that contains ``text``."""
    assert process.stderr is not None
    while text not in process.stderr.readline():
        assert process.poll() is None


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_the_current_step_is_finished(tmp_path: Path, sent: signal.Signals) -> None:
    with GeminiServer([Text(fenced(SLEEPS.format(4))), Slow(50)]) as server:
        command = Command(tmp_path / "work", server)
        process = running_code(command)
        process.send_signal(sent)
        done = finished(process)
        assert len(server.requests) == 1
    assert AGAIN in done.err
    thread = stopped(done)
    # Only the judgement is left to do.
    again, asked = resumed(command, thread, [Text(verdict(True))], apart=True)
    assert again.code == 0, again.err
    assert len(asked) == 1
    assert again.json["attempts"][0]["execution"]["stdout"] == "over\n"
    assert containers_made(again.pid) == 0


def test_a_second_interrupt_ends_the_code_at_once(tmp_path: Path) -> None:
    with GeminiServer([Text(fenced(SLEEPS.format(20))), Slow(50)]) as server:
        command = Command(tmp_path / "work", server)
        process = running_code(command)
        process.send_signal(signal.SIGINT)
        read_until(process, AGAIN.encode())
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        done = finished(process)
        assert time.monotonic() - started < DRAIN_S, done.err
    thread = stopped(done)
    (found,) = command.here("threads", "--json").json["threads"]
    assert (found["thread_id"], found["status"]) == (thread, "unfinished")


def test_an_answer_on_its_way_is_kept(tmp_path: Path) -> None:
    with GeminiServer([Slow(3, Text(fenced("x = 1"))), Text(verdict(True))]) as server:
        command = Command(tmp_path / "work", server)
        done = interrupted(command.start("run", "Go"), lambda: server.requests)
        assert len(server.requests) == 1
    thread = stopped(done)
    again, asked = resumed(command, thread, [Text(verdict(True))])
    assert again.code == 0, again.err
    assert len(asked) == 1
    assert again.json["variables"]["x"]["value"] == 1


def test_while_the_result_is_judged(tmp_path: Path) -> None:
    with GeminiServer([Text(fenced("x = 1")), Slow(50)]) as server:
        command = Command(tmp_path / "work", server)
        done = interrupted(command.start("run", "Go"), lambda: len(server.requests) == 2)
    thread = stopped(done)
    again, asked = resumed(command, thread, [Text(verdict(True))])
    assert again.code == 0, again.err
    assert len(asked) == 1
    assert [attempt["number"] for attempt in again.json["attempts"]] == [1]


def test_sigterm_interrupts_only_inside_the_block() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), sigterm_as_interrupt():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
