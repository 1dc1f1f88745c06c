"""Splits what the host sends: jobs for the worker, and their checks, which the code never sees."""

from __future__ import annotations

from .shared import frames


class JobStream:
    """The host's stream: the job, with the checks as its body, then at most ``STOP``.

    In a session, each job is followed by ``OVER`` or ``STOP``. The checks are then sent with
    their job, because one process starts the checks of all runs.
    """

    def __init__(self) -> None:
        self.is_session = False
        self.next_job()

    def next_job(self) -> None:
        """Expect another job."""
        self._start = b""
        self._job_left = 0
        self._checks_left = 0
        self._begun = False
        self._command = b""
        self.has_checks = False
        self.stopped = False

    @property
    def is_complete(self) -> bool:
        """Whether all of the job has come."""
        return self._begun and not self._job_left and not self._checks_left

    @property
    def is_over(self) -> bool:
        """Whether the host has all of the run that it waits for."""
        return self._command == frames.OVER

    def split(self, data: bytes) -> tuple[bytes, bytes]:
        """Take bytes; return those for the worker and those for the checks."""
        prefix = for_checks = b""
        if not self._begun:
            data = self._start = self._start + data
            if data.startswith(frames.SESSION):
                self.is_session = True
                data = self._start = data[len(frames.SESSION) :]
            if len(data) < frames.MESSAGE_HEADER.size:
                return b"", b""
            self._job_left, self._checks_left = frames.MESSAGE_HEADER.unpack_from(data)
            self.has_checks, self._begun = bool(self._checks_left), True
            prefix = frames.MESSAGE_HEADER.pack(self._job_left, 0)
            for_checks = data[: frames.MESSAGE_HEADER.size]
            data = data[frames.MESSAGE_HEADER.size :]
        job, rest = data[: self._job_left], data[self._job_left :]
        checks, rest = rest[: self._checks_left], rest[self._checks_left :]
        self._job_left -= len(job)
        self._checks_left -= len(checks)
        self._take_command(rest)
        if self.is_session and self.has_checks:
            checks = for_checks + job + checks
        return prefix + job, checks

    def _take_command(self, data: bytes) -> None:
        self._command += data
        if not self.is_session:
            self.stopped = bool(self._command)
        else:
            size = len(frames.OVER)
            self.stopped = len(self._command) >= size and self._command != frames.OVER
