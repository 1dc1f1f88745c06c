"""Process 1 of the container: relays output, enforces limits, reaps processes, reports the end.

It starts the worker before importing anything, forwards the host's one job, and relays
what the worker writes up to the output limit. When the worker ends, it kills all other
processes, sends the files they left and reports how the worker ended. When the host's
stream ends, everything here ends: no container outlives its host process.

It also measures the code's time, and relays the verdict of the checks, which comes from a
process of their own (:mod:`.checks.checker`).

A session has several jobs for one worker. Between them all other processes are stopped, so
that nothing the code left behind runs, prints or sends outside of a run.

It runs none of the user's code and imports none of the user's libraries, so the code
can't silence it. The kernel keeps signals from inside the container away from process 1
(under gVisor: :mod:`.gvisor`).
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import selectors
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from .gvisor import LOOK_S, MemoryWatch, acting_as, become_user
from .job_stream import JobStream
from .left_files import LeftFiles, SentFiles
from .processes import kill_the_rest, oom_kills, poll, signal_the_rest
from .shared import frames

HOST_IN, HOST_OUT = 0, 1
PR_SET_DUMPABLE = 4
READ_BYTES = 1 << 16
MAX_VERDICT_BYTES = 1 << 20


def main() -> int:
    """Run one worker for one job; return the container's exit code."""
    max_output_bytes = int(os.environ.pop("CODEGEN_MAX_OUTPUT_BYTES", str(1 << 20)))
    max_result_bytes = int(os.environ.pop("CODEGEN_MAX_RESULT_BYTES", str(1 << 30)))
    max_files = int(os.environ.pop("CODEGEN_MAX_FILES", "100"))
    max_files_bytes = int(os.environ.pop("CODEGEN_MAX_FILES_BYTES", str(64 << 20)))
    memory = MemoryWatch(int(os.environ.pop("CODEGEN_WATCHED_MEMORY_BYTES", "0")))
    user = int(os.environ.pop("CODEGEN_WORKER_USER", "0"))
    with acting_as(user):  # so that the worker may reopen its streams by name
        job_read, job_write = os.pipe()
        stdout_read, stdout_write = os.pipe()
        stderr_read, stderr_write = os.pipe()
        result_read, result_write = os.pipe()
        checks_read, checks_write = os.pipe()
        verdict_read, verdict_write = os.pipe()
    worker = os.fork()
    if worker == 0:
        for parent_end in (
            *(job_write, stdout_read, stderr_read, result_read, checks_write, verdict_read),
        ):
            os.close(parent_end)
        streams = stdout_write, stderr_write
        _become_worker(user, streams, (job_read, result_write, checks_read, verdict_write))
    for child_end in (
        *(job_read, stdout_write, stderr_write, result_write, checks_read, verdict_write),
    ):
        os.close(child_end)
    _hide_from_worker()
    budgets = {
        "output": max_output_bytes,
        "result": max_result_bytes,
        "verdict": MAX_VERDICT_BYTES,
    }
    sources = {
        stdout_read: (frames.STDOUT, "output"),
        stderr_read: (frames.STDERR, "output"),
        result_read: (frames.RESULT, "result"),
        verdict_read: (frames.VERDICT, "verdict"),
    }
    files = _FileLimits(max_files, max_files_bytes, user)
    return _Relay(worker, job_write, checks_write, sources, budgets, memory, files).run()


def _become_worker(user: int, streams: tuple[int, int], pipes: tuple[int, int, int, int]) -> None:
    """Turn this forked process into the worker; never returns."""
    try:
        os.setsid()
        # Killed first when memory runs out, so that process 1 can report it.
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (streams[0], 1), (streams[1], 2)):
            os.dup2(source, target)
            os.close(source)
        become_user(user)
        from .worker import main as worker_main

        worker_main(*pipes)
    except BaseException:  # before any code ran: the image is at fault
        sys.excepthook(*sys.exc_info())
        os._exit(70)


def _hide_from_worker() -> None:
    """Close /proc/1 to the worker, which has the same user: no ptrace, fd or mem."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


@dataclass
class _FileLimits:
    """How many files may be sent, of which size together, and the user who can read them."""

    max_files: int
    max_bytes: int
    user: int


@dataclass
class _Relay:
    """The supervisor's loop and its state."""

    _worker: int
    _job_write: int
    _checks_write: int
    _sources: dict[int, tuple[bytes, str]]
    _budgets: dict[str, int]
    _memory: MemoryWatch
    _files: _FileLimits
    _files_sent: bool = False
    _held: bool = False
    _memory_kills: int = 0
    _runs: int = 0
    _started_s: float | None = None
    _ended_s: float | None = None
    _exceeded: str | None = None

    def __post_init__(self) -> None:
        self._oom_kills_before = oom_kills()
        self._job = JobStream()
        self._open = set(self._sources)
        self._whole_budgets = dict(self._budgets)
        self._sent_before: SentFiles = {}

    def run(self) -> int:
        """Relay until the worker ends, a budget is used up, or the host says so."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(wake_read, selectors.EVENT_READ, None)
            selector.register(HOST_IN, selectors.EVENT_READ, self._pass_job_on)
            for source in self._sources:
                selector.register(source, selectors.EVENT_READ, self._relay)
            status = poll(self._worker)
            while self._goes_on(status):
                ready = selector.select(LOOK_S if self._memory.is_needed else None)
                # The output's pipes have the lowest numbers: text printed before a message
                # is relayed before it, even if that message is refused.
                for key, _ in sorted(ready, key=lambda pair: pair[0].fd):
                    handler: Callable[[int], bool] | None = key.data
                    if handler is None:
                        os.read(key.fd, READ_BYTES)
                        ended = poll(self._worker)  # others too, after the worker has ended
                        status = ended if status is None else status
                    elif not handler(key.fd):
                        selector.unregister(key.fd)
                        self._open.discard(key.fd)
                        self._end_results()
                if status is None:
                    self._hold_memory()
        self._note_end()
        if status is None:
            os.kill(self._worker, signal.SIGKILL)
            status = os.waitpid(self._worker, 0)[1]
        kill_the_rest()
        for source in self._sources:
            while self._exceeded is None and self._relay(source):
                pass
        self._send_files()
        self._report(frames.EXIT, os.waitstatus_to_exitcode(status))
        return 0

    def _goes_on(self, status: int | None) -> bool:
        """Whether the worker runs, or the checks that go on after it."""
        if self._exceeded is not None or self._job.stopped:
            return False
        if self._job.is_session:  # without what starts its checks, a session is over
            return status is None and self._is_open(frames.VERDICT)
        return status is None or (self._job.has_checks and self._is_open(frames.VERDICT))

    def _is_open(self, kind: bytes) -> bool:
        return any(self._sources[source][0] == kind for source in self._open)

    def _hold_memory(self) -> None:
        """Kill the worker when it exceeds the memory limit, as a cgroup would."""
        if not self._memory_kills and self._memory.is_over():
            self._memory_kills = 1
            os.kill(self._worker, signal.SIGKILL)

    def _pass_job_on(self, host_in: int) -> bool:
        data = os.read(host_in, READ_BYTES)
        if not data:  # the host is gone
            os.kill(self._worker, signal.SIGKILL)  # outside a container, nothing else does
            os._exit(0)
        if self._held:
            self._held = False
            signal_the_rest(self._worker, signal.SIGCONT)
        job, checks = self._job.split(data)
        try:
            _write_all(self._job_write, job)
            if checks:
                _write_all(self._checks_write, checks)
        except BrokenPipeError:
            return False
        if self._job.is_over:
            self._end_run()
        elif self._job.is_complete and self._job.is_session:
            if self._runs and self._started_s is None:
                self._started_s = time.monotonic()  # the code could write what the worker says
        elif self._job.is_complete and self._checks_write >= 0:
            os.close(self._checks_write)
            self._checks_write = -1
        return True

    def _end_run(self) -> None:
        """End one run of a session: stop all processes, report, and expect the next job."""
        self._note_end()
        self._held = True
        signal_the_rest(self._worker, signal.SIGSTOP)
        for source in sorted(self._open):
            while self._exceeded is None and _has_data(source) and self._relay(source):
                pass
        if self._exceeded is not None:
            return
        self._send_files()
        self._report(frames.RESULTS_END, 0)
        self._runs += 1
        self._job.next_job()
        self._budgets = dict(self._whole_budgets)
        self._files_sent = False
        self._started_s = self._ended_s = None
        self._oom_kills_before = oom_kills()

    def _send_files(self) -> None:
        """Send the files that the code left, once; they count as results."""
        if self._files_sent or self._exceeded == "result":
            return
        self._files_sent = True
        max_bytes = min(self._files.max_bytes, self._budgets["result"])
        sent_before = self._sent_before if self._job.is_session else None
        files = LeftFiles(self._files.max_files, max_bytes, _write_file_data, sent_before)
        with acting_as(self._files.user):
            files.send()

    def _relay(self, source: int) -> bool:
        """Relay one read; return False at the end of the stream or of the budget."""
        data = os.read(source, READ_BYTES)
        kind, budget = self._sources[source]
        self._note_time(kind, data)
        allowed = data[: self._budgets[budget]]
        self._budgets[budget] -= len(allowed)
        if allowed:
            _write_all(HOST_OUT, frames.pack_chunk(kind, allowed))
        if len(allowed) < len(data):
            self._exceeded = budget
        return bool(data)

    def _note_time(self, kind: bytes, data: bytes) -> None:
        """Note when the worker says that the code starts, and when the checks begin."""
        is_first = kind == frames.RESULT and self._started_s is None and not self._runs
        if is_first and b'"running"' in data:
            self._started_s = time.monotonic()  # no byte before this one is the code's
        elif kind == frames.VERDICT and self._job.has_checks:
            self._note_end()

    def _note_end(self) -> None:
        if self._ended_s is None:
            self._ended_s = time.monotonic()

    def _end_results(self) -> None:
        """Once no result and no verdict follows, relay what was printed, then report the end."""
        if self._job.is_session:  # the worker has ended, or will be
            return
        if self._is_open(frames.RESULT) or not self._job.is_complete:
            return
        if self._job.has_checks and self._is_open(frames.VERDICT):
            return
        self._note_end()
        for source, (kind, _) in self._sources.items():
            if kind in (frames.STDOUT, frames.STDERR):
                while self._exceeded is None and _has_data(source):
                    if not self._relay(source):
                        break
        if self._exceeded is None:
            self._send_files()
            self._report(frames.RESULTS_END, 0)

    def _duration_s(self) -> float:
        if self._started_s is None or self._ended_s is None:
            return 0.0
        return self._ended_s - self._started_s

    def _report(self, kind: bytes, code: int) -> None:
        report = {
            "code": code,
            "duration_s": self._duration_s(),
            "exceeded": self._exceeded,
            "oom_kills": oom_kills() - self._oom_kills_before + self._memory_kills,
        }
        _write_all(HOST_OUT, frames.pack_chunk(kind, json.dumps(report).encode()))


def _has_data(source: int) -> bool:
    return bool(select.select([source], [], [], 0)[0])


def _write_file_data(data: bytes) -> None:
    _write_all(HOST_OUT, frames.pack_chunk(frames.FILE, data))


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
