"""One container, from creation to removal. It serves one job, or those of one session."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

from sandbox.containers.hardening import create_hardened_container
from sandbox.containers.job_mount import JobMount, folder_errors
from sandbox.containers.raw_run import AttachedStream, RawRun, RunReader
from sandbox.engine.connection import engine_errors
from sandbox.engine.facts import EngineFacts
from sandbox.engine.failures import find_crash_cause
from sandbox.errors import SandboxUnavailableError
from sandbox.policy import SandboxPolicy
from sandbox.protocol import OutputListener
from sandbox.runner.shared.frames import SESSION, STOP, FrameError

DRAIN_S = 5.0
"""For reading what is still in the stream of a killed container."""
STOP_S = 5.0
"""For process 1 to end the code and to send the files it left."""
CREATION_S = 2.0
"""For a creation under way to finish after it was interrupted."""
GIVE_UP_S = 0.1
"""How often a start looks whether it's still wanted."""
LOOK_S = 0.02
"""How often a prepared container looks whether a run takes it before its imports are done."""
NAME_S = 15.0
"""For a container that is being removed to give up its name."""
CLOSED_MEANWHILE = "the sandbox was closed while a container started"


class Container:
    """A started, hardened container whose worker waits for its job."""

    def __init__(
        self,
        client: Any,
        image: str,
        policy: SandboxPolicy,
        job: JobMount,
        *,
        labels: Mapping[str, str],
        preload: str = "",
        engine: EngineFacts,
        given_up: threading.Event,
    ) -> None:
        """Create and start it, and wait until its worker is ready.

        Args:
            client: the engine.
            image: the runner image, or one built on it.
            policy: the limits.
            job: where the job's files are; removed with the container.
            labels: put on the container.
            preload: modules to import ahead, separated by commas.
            engine: what the engine can do.
            given_up: set by another thread that no longer wants the container.

        Raises:
            FolderNotSharedError: the engine doesn't see the job's folder.
            SandboxUnavailableError: it couldn't be started in ``start_timeout_s``.
        """
        self._api = client.api
        self._policy = policy
        self._job = job
        self._engine = engine
        self._given_up = given_up
        self._removed = threading.Lock()
        self._reading = threading.Lock()
        self._taken = threading.Event()
        self._in_session = False
        self.is_gone = False
        self._check_wanted()
        name = f"codegen-agent-{secrets.token_hex(16)}"
        try:
            with engine_errors("creating a container"), folder_errors(job):
                self.id: str = create_hardened_container(
                    client, image, policy, job.mount(), labels, preload, engine, name
                )
        except BaseException as error:
            if not isinstance(error, Exception):  # Ctrl-C: the engine may still create it
                _remove_when_made(self._api, name)
            job.remove()
            raise
        try:
            with engine_errors("starting a container"), folder_errors(job):
                self._check_wanted()
                streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
                self._stream = AttachedStream(self._api.attach_socket(self.id, streams))
                self._api.start(self.id)
            self._reader = RunReader(self._stream, policy)
            self._await_ready()
        except BaseException:
            self.remove()
            raise

    def await_imports(self) -> None:
        """Wait until the worker has imported ahead what it can, or a run takes the container."""
        deadline = time.monotonic() + self._policy.start_timeout_s
        while not self._taken.is_set() and time.monotonic() < deadline:
            with self._reading, contextlib.suppress(TimeoutError):
                self._reader.read_until("prepared", time.monotonic() + LOOK_S)
                return

    def take(self) -> bool:
        """Keep it for a run; return whether it still waits for a job."""
        self._taken.set()
        with self._reading:
            if not self._stream.is_open():  # "prepared" may be unread
                with contextlib.suppress(TimeoutError, FrameError):
                    self._reader.read_until("prepared", time.monotonic() + LOOK_S)
            return self._stream.is_open()

    def is_waiting(self) -> bool:
        """Whether a session's worker waits for its next job, as far as the stream tells."""
        return not self._in_session or self._stream.is_open()

    def rename(self, name: str | None) -> None:
        """Give it a name; another container of that name is removed. None: keep its own.

        Raises:
            SandboxUnavailableError: the engine failed or went away.
        """
        import docker.errors

        if name is None:
            return
        deadline = time.monotonic() + NAME_S
        with engine_errors("naming a container"):
            while True:
                try:
                    self._api.rename(self.id, name)
                    return
                except docker.errors.APIError as error:
                    if error.status_code != 409 or time.monotonic() > deadline:
                        raise
                try:
                    self._api.remove_container(name, force=True, v=True)
                except docker.errors.APIError as error:
                    if error.status_code not in (404, 409):
                        raise
                    time.sleep(0.05)  # it has just ended, and the engine is about to remove it

    def serve(self, job: bytes, on_output: OutputListener | None = None) -> RawRun:
        """Send the job and read until its end, for at most the policy's ``timeout_s``.

        Raises:
            SandboxUnavailableError: the engine failed, or the container was ended from outside.
        """
        self._taken.set()
        with self._reading:
            return self._serve(job, on_output)

    def serve_in_session(
        self, job: bytes, on_output: OutputListener | None = None, *, checked: bool
    ) -> RawRun:
        """Send one of several jobs and read until its end; ``lives_on`` says if another may follow.

        Raises:
            SandboxUnavailableError: as :meth:`serve`.
        """
        self._taken.set()
        with self._reading:
            if not self._in_session:
                job = SESSION + job
            self._in_session = True
            self._reader.next_run(checked=checked)
            return self._serve(job, on_output)

    def _serve(self, job: bytes, on_output: OutputListener | None) -> RawRun:
        run = self._reader.run
        started = time.monotonic()
        try:
            self._stream.send(job, self._policy.timeout_s)
        except TimeoutError:
            run.end = "timeout"
        except OSError:  # the container ended while the job was being sent
            run.end = "exited"
        else:
            run.end = self._reader.read_run(started + self._policy.timeout_s, on_output)
            if run.end == "timeout":
                self._stop(on_output)
                if (
                    run.is_finished
                    and not self._in_session
                    and 0 < run.measured_s <= self._policy.timeout_s
                ):
                    run.end = "exited"  # in time, but the engine passed it on late
        if run.end == "timeout" and run.exit_report is None:
            self._kill()
            self._reader.read_run(time.monotonic() + DRAIN_S, on_output)
        run.duration_s = time.monotonic() - started
        self._reader.flush(on_output)
        if run.end == "exited" and run.exit_report is None:
            run.end = find_crash_cause(self._api, self.id, is_podman=self._engine.is_podman)
        return run

    def end(self) -> None:
        """Remove the container while another thread waits in :meth:`serve`; never raises."""
        with contextlib.suppress(Exception):  # an import too: the interpreter may be exiting
            import docker.errors

            with contextlib.suppress(docker.errors.NotFound):
                try:
                    self._api.remove_container(self.id, force=True, v=True)
                except docker.errors.APIError as error:
                    if error.status_code != 404:
                        # The engine is already removing it, as it was told to at creation.
                        self._api.wait(self.id, timeout=10, condition="removed")
            self.is_gone = True

    def remove(self) -> None:
        """Remove the container and its job's files, whatever their state; never raises.

        ``is_gone`` says whether the engine did it.
        """
        if not self._removed.acquire(blocking=False):
            return
        self._taken.set()
        if hasattr(self, "_stream"):
            self._stream.close()
        self.end()
        self._job.remove()

    def _await_ready(self) -> None:
        why = "ended before it was ready"
        try:
            ready = self._read_ready(time.monotonic() + self._policy.start_timeout_s)
            if ready is not None:
                self._job.confirm(ready.get("files"))
                return
        except TimeoutError:
            why = f"was not ready after {self._policy.start_timeout_s:g} s"
        except FrameError as error:
            why = f"does not follow the protocol ({error})"
        printed = self._stream.diagnostics.decode("utf-8", "replace").strip()
        raise SandboxUnavailableError(
            f"the runner container {why}{': ' + printed if printed else ''};"
            " give it more memory, or rebuild the image with `codegen-agent sandbox build`"
        )

    def _read_ready(self, deadline: float) -> dict[str, Any] | None:
        while True:
            self._check_wanted()
            try:
                return self._reader.read_until("ready", min(deadline, time.monotonic() + GIVE_UP_S))
            except TimeoutError:
                if time.monotonic() >= deadline:
                    raise

    def _check_wanted(self) -> None:
        if self._given_up.is_set():
            raise SandboxUnavailableError(CLOSED_MEANWHILE)

    def _stop(self, on_output: OutputListener | None) -> None:
        """Let process 1 end the code and send the files it left."""
        with contextlib.suppress(OSError):  # it ended by itself, or doesn't read
            self._stream.send(STOP, STOP_S)
            self._reader.read_run(time.monotonic() + STOP_S, on_output)

    def _kill(self) -> None:
        import docker.errors

        with engine_errors("ending a run"), contextlib.suppress(docker.errors.NotFound):
            try:
                self._api.kill(self.id)
            except docker.errors.APIError as error:
                if error.status_code != 409:  # 409: it has just ended by itself
                    raise


def _remove_when_made(api: Any, name: str) -> None:
    import docker.errors

    deadline = time.monotonic() + CREATION_S
    while time.monotonic() < deadline:
        try:
            api.remove_container(name, force=True, v=True)
        except docker.errors.NotFound:
            time.sleep(0.1)
        except Exception:  # the engine is gone, or already removes it
            return
        else:
            return
