"""Ctrl-C at each stage, and going on from there without asking twice."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

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
    """Check how an interrupted run takes its leave, and return its thread."""
    assert done.code == 130
    assert "Traceback" not in done.err
    message, hint = done.error_lines[-2:]
    assert message == "codegen-agent: interrupted"
    assert hint.startswith("to go on with this run: codegen-agent resume ")
    wait_until(lambda: containers_left(done.pid) == 0, limit_s=10)
    return hint.split()[-1]


def resumed(command: Command, thread: str, replies: list[Reply]) -> tuple[Done, list[str]]:
    """Resume with ``replies``; return how it went and what was asked."""
    with GeminiServer(replies) as server:
        command.server = server
        done = command("resume", thread, "--json")
        return done, [one.prompt for one in server.requests]


def test_while_the_model_thinks(tmp_path: Path) -> None:
    with GeminiServer([Slow(50)]) as server:
        command = Command(tmp_path / "work", server)
        process = command.start("run", "Go", "--json")
        done = interrupted(process, lambda: server.requests)
    thread = stopped(done)
    assert done.json["exit_code"] == 130
    assert thread in done.json["error"]["notes"][0]
    (found,) = command("threads", "--json").json["threads"]
    assert (found["thread_id"], found["status"]) == (thread, "unfinished")
    again, asked = resumed(command, thread, [Text(fenced("x = 1")), Text(verdict(True))])
    assert again.code == 0, again.err
    assert len(asked) == 2
    assert again.json["variables"]["x"]["value"] == 1


SLEEPS = "import time\ntime.sleep({})\nprint('over')"


def running_code(command: Command, *args: str) -> subprocess.Popen[bytes]:
    """Start a run and return it two seconds after its code was handed over."""
    process = command.start("run", "Go", *args)
    assert process.stderr is not None
    while b"lines of code" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(2)
    return process


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_the_step_under_way_is_finished(tmp_path: Path, sent: signal.Signals) -> None:
    with GeminiServer([Text(fenced(SLEEPS.format(5))), Slow(50)]) as server:
        command = Command(tmp_path / "work", server)
        process = running_code(command)
        process.send_signal(sent)
        done = finished(process)
        assert len(server.requests) == 1
    assert "Ctrl-C ends it at once" in done.err
    thread = stopped(done)
    # Nothing is left to be done but the judgement.
    again, asked = resumed(command, thread, [Text(verdict(True))])
    assert again.code == 0, again.err
    assert len(asked) == 1
    assert again.json["attempts"][0]["execution"]["stdout"] == "over\n"
    assert containers_made(again.pid) == 0


def test_a_second_interrupt_ends_the_code_at_once(tmp_path: Path) -> None:
    with GeminiServer([Text(fenced(SLEEPS.format(20))), Slow(50)]) as server:
        command = Command(tmp_path / "work", server)
        process = running_code(command)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        done = finished(process)
        assert time.monotonic() - started < 3
    thread = stopped(done)
    (found,) = command("threads", "--json").json["threads"]
    assert (found["thread_id"], found["status"]) == (thread, "unfinished")


def test_an_answer_under_way_is_kept(tmp_path: Path) -> None:
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
    assert [one["number"] for one in again.json["attempts"]] == [1]


def test_a_finished_run_is_read_again_without_model_or_engine(tmp_path: Path) -> None:
    with GeminiServer([Text(fenced("x = 1")), Text(verdict(True))]) as server:
        command = Command(tmp_path / "work", server)
        first = command("run", "Go", "--json")
    command.server = None
    again = command("resume", first.json["thread_id"], "--json", DOCKER_HOST="unix:///nowhere")
    assert again.code == 0, again.err
    assert again.json == first.json
    shown = command("show", first.json["thread_id"])
    assert shown.code == 0
    assert shown.out.strip() == first.json["transcript"].strip()
    assert command("show", first.json["thread_id"], "--json").json["transcript"]


@pytest.mark.parametrize("args", [["threads"], ["doctor"]], ids=" ".join)
def test_at_any_moment_of_the_start(command: Command, args: list[str]) -> None:
    done = interrupted(command.start(*args), lambda: True)
    assert done.code in (-2, 130)  # -2: before a line of ours ran
