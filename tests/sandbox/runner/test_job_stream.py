"""The host's stream, cut anywhere."""

from __future__ import annotations

import pytest

from sandbox.runner.job_stream import JobStream
from sandbox.runner.shared import frames

CHECKS = b"assert x"


@pytest.mark.parametrize("size", [1, 3, 12, 13, 1000])
def test_the_worker_gets_no_checks(size: int) -> None:
    stream, job, checks = JobStream(), b"", b""
    data = frames.pack_message({"type": "job"}, len(CHECKS)) + CHECKS
    for start in range(0, len(data), size):
        assert not stream.is_complete
        parts = stream.split(data[start : start + size])
        job, checks = job + parts[0], checks + parts[1]
    assert (stream.is_complete, stream.has_checks, stream.stopped) == (True, True, False)
    assert (job, checks) == (frames.pack_message({"type": "job"}), CHECKS)
    assert stream.split(frames.STOP) == (b"", b"")
    assert stream.stopped


def test_a_job_without_checks() -> None:
    stream = JobStream()
    data = frames.pack_message({"type": "job"})
    assert stream.split(data + frames.STOP) == (data, b"")
    assert (stream.has_checks, stream.stopped) == (False, True)


@pytest.mark.parametrize("size", [1, 5, 12, 1000])
def test_the_jobs_of_a_session(size: int) -> None:
    stream = JobStream()
    message = frames.pack_message({"type": "job"}, len(CHECKS)) + CHECKS
    for prelude in (frames.SESSION, b""):
        job, checks, data = b"", b"", prelude + message
        for start in range(0, len(data), size):
            parts = stream.split(data[start : start + size])
            job, checks = job + parts[0], checks + parts[1]
        assert (stream.is_session, stream.is_complete, stream.is_over) == (True, True, False)
        assert (job, checks) == (frames.pack_message({"type": "job"}), message)
        for start in range(0, len(frames.OVER), size):
            assert not stream.is_over
            assert stream.split(frames.OVER[start : start + size]) == (b"", b"")
        assert (stream.is_over, stream.stopped) == (True, False)
        stream.next_job()
    stream.split(frames.pack_message({"type": "job"}) + frames.STOP)
    assert stream.stopped
