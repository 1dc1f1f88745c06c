"""The worker's channel and its one job, over real pipes."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from sandbox.runner.shared import frames
from sandbox.runner.worker import Channel, read_job
from tests.sandbox.runner.program import Program


def test_a_job_may_come_in_pieces() -> None:
    read, write = os.pipe()
    message = frames.pack_message({"type": "job", "code": "x" * 200_000})

    def send() -> None:
        for start in range(0, len(message), 50_000):
            os.write(write, message[start : start + 50_000])

    sender = threading.Thread(target=send)
    sender.start()
    job = read_job(read)
    sender.join()
    os.close(read)
    os.close(write)
    assert job is not None
    assert len(job["code"]) == 200_000


def test_no_job_if_the_stream_ends_early() -> None:
    read, write = os.pipe()
    os.write(write, frames.pack_message({"type": "job"})[:-1])
    os.close(write)
    assert read_job(read) is None
    os.close(read)


def test_a_message_and_its_body_arrive_whole() -> None:
    read, write = os.pipe()
    channel = Channel(write)
    channel.send({"type": "figure"}, [b"ab", memoryview(b"cd")])
    channel.close()
    data = os.read(read, 1 << 16)
    os.close(read)
    reader = frames.MessageReader(max_body_bytes=100)
    assert reader.feed(data) == [({"type": "figure"}, b"abcd")]


def test_a_child_that_the_code_forked_exits_like_a_script(tmp_path: Path) -> None:
    code = "import os\nchild = os.fork()\nstatus = os.waitpid(child, 0)[1] if child else 1 / 0"
    program = Program(tmp_path).serve(code)
    assert program.of_type("finished")[0][0]["error"] is None
    assert b"ZeroDivisionError" in program.out[frames.STDERR]
    assert len(program.of_type("finished")) == 1
