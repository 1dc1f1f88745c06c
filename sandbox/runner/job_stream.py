"""Splits what the host sends: the job for the worker, and its checks, which the code never sees."""

from __future__ import annotations

from .shared import frames


class JobStream:
    """The host's stream: the job, with the checks as its body, then at most ``STOP``."""

    def __init__(self) -> None:
        self._start = b""
        self._job_left = 0
        self._checks_left = 0
        self._begun = False
        self.has_checks = False
        self.stopped = False

    @property
    def is_complete(self) -> bool:
        """Whether all of the job has come."""
        return self._begun and not self._job_left and not self._checks_left

    def split(self, data: bytes) -> tuple[bytes, bytes]:
        """Take bytes; return those for the worker and those of the checks."""
        prefix = b""
        if not self._begun:
            data = self._start = self._start + data
            if len(data) < frames.MESSAGE_HEADER.size:
                return b"", b""
            self._job_left, self._checks_left = frames.MESSAGE_HEADER.unpack_from(data)
            self.has_checks, self._begun = bool(self._checks_left), True
            prefix = frames.MESSAGE_HEADER.pack(self._job_left, 0)
            data = data[frames.MESSAGE_HEADER.size :]
        job, rest = data[: self._job_left], data[self._job_left :]
        checks, rest = rest[: self._checks_left], rest[self._checks_left :]
        self._job_left -= len(job)
        self._checks_left -= len(checks)
        self.stopped = bool(rest)
        return prefix + job, checks
