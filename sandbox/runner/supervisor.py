"""Process 1 of the container: relays, limits, reaps, reports.

It starts the worker before anything is imported, passes the host's one job on,
relays what the worker writes until the output limit, and when the worker ends
kills all that is left and says how it ended. When the host's stream ends, so
does everything here: no container outlives its host process.

It runs none of the user's code and imports none of the user's libraries, so
nothing the code does to its own process can silence it; the kernel keeps
signals from inside a container away from process 1 (under gVisor, :mod:`.gvisor`).
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import selectors
import signal
import sys
from collections.abc import Callable

from . import frames
from .gvisor import LOOK_S, MemoryWatch, acting_as, become_user

HOST_IN, HOST_OUT = 0, 1
PR_SET_DUMPABLE = 4
READ_BYTES = 1 << 16
OOM_COUNTERS = (
    "/sys/fs/cgroup/memory.events",  # cgroup v2
    "/sys/fs/cgroup/memory/memory.oom_control",  # cgroup v1
)


def main() -> int:
    """Run one worker for one job; return the container's exit code."""
    max_output_bytes = int(os.environ.pop("CODEGEN_MAX_OUTPUT_BYTES", str(1 << 20)))
    max_result_bytes = int(os.environ.pop("CODEGEN_MAX_RESULT_BYTES", str(1 << 30)))
    memory = MemoryWatch(int(os.environ.pop("CODEGEN_WATCHED_MEMORY_BYTES", "0")))
    user = int(os.environ.pop("CODEGEN_WORKER_USER", "0"))
    with acting_as(user):  # so that the worker may open its own streams again by name
        job_read, job_write = os.pipe()
        stdout_read, stdout_write = os.pipe()
        stderr_read, stderr_write = os.pipe()
        result_read, result_write = os.pipe()
    worker = os.fork()
    if worker == 0:
        for parent_end in (job_write, stdout_read, stderr_read, result_read):
            os.close(parent_end)
        _become_worker(user, job_read, stdout_write, stderr_write, result_write)
    for child_end in (job_read, stdout_write, stderr_write, result_write):
        os.close(child_end)
    _hide_from_worker()
    budgets = {"output": max_output_bytes, "result": max_result_bytes}
    sources = {
        stdout_read: (frames.STDOUT, "output"),
        stderr_read: (frames.STDERR, "output"),
        result_read: (frames.RESULT, "result"),
    }
    return _Relay(worker, job_write, sources, budgets, memory).run()


def _become_worker(
    user: int, job_read: int, stdout_write: int, stderr_write: int, result_write: int
) -> None:
    """Turn this forked process into the worker; never returns."""
    try:
        os.setsid()
        # First to go when memory runs out, so that process 1 lives to tell.
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (stdout_write, 1), (stderr_write, 2)):
            os.dup2(source, target)
            os.close(source)
        become_user(user)
        from .worker import main as worker_main

        worker_main(job_read, result_write)
    except BaseException:  # before there was any code: the image is at fault
        sys.excepthook(*sys.exc_info())
        os._exit(70)


def _hide_from_worker() -> None:
    """Close /proc/1 to the worker, which has the same user: no ptrace, no fd, no mem."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


class _Relay:
    """The supervisor's loop and its state."""

    def __init__(
        self,
        worker: int,
        job_write: int,
        sources: dict[int, tuple[bytes, str]],
        budgets: dict[str, int],
        memory: MemoryWatch,
    ) -> None:
        self._worker = worker
        self._job_write = job_write
        self._sources = sources
        self._budgets = budgets
        self._memory = memory
        self._memory_kills = 0
        self._exceeded: str | None = None
        self._oom_kills_before = _oom_kills()

    def run(self) -> int:
        """Relay until the worker ends, a budget is used up, or the host is gone."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(wake_read, selectors.EVENT_READ, None)
            selector.register(HOST_IN, selectors.EVENT_READ, self._pass_job_on)
            for source in self._sources:
                selector.register(source, selectors.EVENT_READ, self._relay)
            status = _poll(self._worker)
            while status is None and self._exceeded is None:
                ready = selector.select(LOOK_S if self._memory.is_needed else None)
                # The output's pipes were opened first: what was printed before a
                # message goes before it, also when that message is refused.
                for key, _ in sorted(ready, key=lambda one: one[0].fd):
                    handler: Callable[[int], bool] | None = key.data
                    if handler is None:
                        os.read(key.fd, READ_BYTES)
                        status = _poll(self._worker)
                    elif not handler(key.fd):
                        selector.unregister(key.fd)
                if status is None:
                    self._hold_memory()
        if status is None:
            os.kill(self._worker, signal.SIGKILL)
            status = os.waitpid(self._worker, 0)[1]
        _kill_the_rest()
        for source in self._sources:
            while self._exceeded is None and self._relay(source):
                pass
        self._report(frames.EXIT, os.waitstatus_to_exitcode(status))
        return 0

    def _hold_memory(self) -> None:
        """Kill the worker when memory runs out, as a cgroup would."""
        if not self._memory_kills and self._memory.is_over():
            self._memory_kills = 1
            os.kill(self._worker, signal.SIGKILL)

    def _pass_job_on(self, host_in: int) -> bool:
        data = os.read(host_in, READ_BYTES)
        if not data:  # the host is gone: nobody is left to work for
            os.kill(self._worker, signal.SIGKILL)  # goes with process 1, where this is it
            os._exit(0)
        try:
            _write_all(self._job_write, data)
        except BrokenPipeError:
            return False
        return True

    def _relay(self, source: int) -> bool:
        """Pass one read on; False at the end of the stream or of the budget."""
        data = os.read(source, READ_BYTES)
        kind, budget = self._sources[source]
        allowed = data[: self._budgets[budget]]
        self._budgets[budget] -= len(allowed)
        if allowed:
            _write_all(HOST_OUT, frames.pack_chunk(kind, allowed))
        if len(allowed) < len(data):
            self._exceeded = budget
        if not data and kind == frames.RESULT:
            self._end_results()
        return bool(data)

    def _end_results(self) -> None:
        """Pass on what was printed before the results ended, then say that they have."""
        for source, (kind, _) in self._sources.items():
            if kind != frames.RESULT:
                while self._exceeded is None and select.select([source], [], [], 0)[0]:
                    if not self._relay(source):
                        break
        if self._exceeded is None:
            self._report(frames.RESULTS_END, 0)

    def _report(self, kind: bytes, code: int) -> None:
        report = {
            "code": code,
            "exceeded": self._exceeded,
            "oom_kills": _oom_kills() - self._oom_kills_before + self._memory_kills,
        }
        _write_all(HOST_OUT, frames.pack_chunk(kind, json.dumps(report).encode()))


def _poll(worker: int) -> int | None:
    """Reap whatever has ended; return the worker's status if it is among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == worker:
            return status
        if pid == 0:
            return None


def _kill_the_rest() -> None:
    """Kill and reap every process the worker left behind, so that its pipes end."""
    if os.getpid() != 1:  # outside a container -1 would be everybody
        return
    while True:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _oom_kills() -> int:
    for path in OOM_COUNTERS:
        try:
            with open(path) as counters:
                for line in counters:
                    name, _, value = line.partition(" ")
                    if name == "oom_kill":
                        return int(value)
        except (OSError, ValueError):
            continue
    return 0


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
