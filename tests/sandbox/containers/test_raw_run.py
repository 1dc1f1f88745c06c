"""Reading a run: what a container may send, and what it may not, over a real socket pair."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from sandbox import SandboxPolicy
from sandbox.containers.raw_run import AttachedStream, RunReader
from sandbox.results.collect import collect
from sandbox.runner.shared import frames

POLICY = SandboxPolicy(max_output="1k", max_variables=1, max_figures=1)
REPORT = json.dumps({"code": 0, "duration_s": 0.5, "exceeded": None, "oom_kills": 0}).encode()


class Wire:
    """A reader, and the container's end of its stream."""

    def __init__(self) -> None:
        ours, self._theirs = socket.socketpair()
        self._stream = AttachedStream(ours)
        self.reader = RunReader(self._stream, POLICY)
        self.heard: list[tuple[str, str]] = []

    def send(self, *chunks: tuple[bytes, bytes]) -> None:
        for kind, data in chunks:
            chunk = frames.pack_chunk(kind, data)
            self._theirs.sendall(struct.pack(">BxxxI", 1, len(chunk)) + chunk)

    def read(self, timeout_s: float = 5) -> str:
        return self.reader.read_run(
            time.monotonic() + timeout_s, lambda name, text: self.heard.append((name, text))
        )

    def end(self) -> None:
        self._theirs.close()

    def close(self) -> None:
        self.end()
        self._stream.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


def message(kind: str) -> tuple[bytes, bytes]:
    return frames.RESULT, frames.pack_message({"type": kind})


def test_ready_then_a_run(wire: Wire) -> None:
    wire.send(message("ready"))
    assert wire.reader.read_until("ready", time.monotonic() + 5) == {"type": "ready"}
    wire.send((frames.STDOUT, b"out"), (frames.STDERR, b"err"), message("running"))
    wire.send(message("finished"), (frames.RESULTS_END, REPORT))
    assert wire.read() == "exited"
    run = wire.reader.run
    assert (bytes(run.stdout), bytes(run.stderr)) == (b"out", b"err")
    assert [header["type"] for header, _ in run.messages] == ["running", "finished"]
    assert run.is_finished
    assert run.exit_report == {"code": 0, "duration_s": 0.5, "exceeded": None, "oom_kills": 0}


def test_results_may_end_before_the_process_does(wire: Wire) -> None:
    wire.send((frames.RESULTS_END, REPORT), (frames.STDOUT, b"later"), (frames.EXIT, REPORT))
    assert wire.read() == "exited"
    assert wire.reader.run.stdout == b"later"
    assert not wire.reader.run.is_finished


def test_characters_cut_in_two_are_heard_whole(wire: Wire) -> None:
    first, second = "é".encode()[:1], "é".encode()[1:]
    wire.send((frames.STDOUT, first), (frames.STDERR, b"x"), (frames.STDOUT, second))
    wire.send((frames.STDOUT, first), (frames.EXIT, REPORT))
    wire.read()
    wire.reader.flush(lambda name, text: wire.heard.append((name, text)))
    assert wire.heard == [("stderr", "x"), ("stdout", "é"), ("stdout", "\ufffd")]


def test_output_over_the_limit_is_cut(wire: Wire) -> None:
    wire.send((frames.STDOUT, b"a" * 1000), (frames.STDERR, b"b" * 25))
    assert wire.read() == "output_limit"
    run = wire.reader.run
    assert len(run.stdout) + len(run.stderr) == 1024
    run.end = "output_limit"
    assert collect(run, POLICY, None).outcome == "output_limit"


@pytest.mark.parametrize(
    "chunks",
    [
        [(frames.RESULT, b"\xff" * 100)],
        [(frames.EXIT, b"output")],
        [message("variable")] * 20,
    ],
    ids=["no message", "no report", "too many messages"],
)
def test_a_malformed_stream_is_a_crash(wire: Wire, chunks: list[tuple[bytes, bytes]]) -> None:
    wire.send(*chunks)
    assert wire.read() == "malformed"
    run = wire.reader.run
    run.end, run.problem = "malformed", f"{run.problem} of the output"
    assert collect(run, POLICY, None).outcome == "crashed"


def test_silence_is_a_timeout_and_an_end_is_an_exit(wire: Wire) -> None:
    assert wire.read(0.1) == "timeout"
    wire.end()
    assert wire.read() == "exited"
    assert wire.reader.run.exit_report is None


def test_files_come_on_their_own_channel(wire: Wire) -> None:
    data = frames.pack_message({"type": "file", "name": "a"}, 2) + b"hi"
    wire.send((frames.FILE, data[:5]), (frames.FILE, data[5:]), (frames.EXIT, REPORT))
    assert wire.read() == "exited"
    assert [(header["name"], body) for header, body in wire.reader.run.files] == [("a", b"hi")]


def test_more_files_than_a_run_sends(wire: Wire) -> None:
    many = frames.pack_message({"type": "file", "name": "a"}) * 1000
    wire.send((frames.FILE, many))
    assert wire.read() == "malformed"


def test_more_results_than_a_run_may_send_are_not_kept() -> None:
    ours, theirs = socket.socketpair()
    stream = AttachedStream(ours)
    reader = RunReader(stream, SandboxPolicy(max_result="1m", max_files_bytes="1m"))
    reader._room_result_bytes = 100
    chunk = frames.pack_chunk(frames.RESULT, bytes(101))
    theirs.sendall(struct.pack(">BxxxI", 1, len(chunk)) + chunk)
    assert reader.read_run(time.monotonic() + 5, None) == "malformed"
    assert "more results" in reader.run.problem
    stream.close()
    theirs.close()
