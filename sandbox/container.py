"""One container, from creation to removal. It serves one job, once."""

from __future__ import annotations

import codecs
import contextlib
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.attach import AttachedStream
from sandbox.engine import EngineFacts
from sandbox.errors import SandboxUnavailableError
from sandbox.failure import Ending, engine_errors, post_mortem
from sandbox.hardened import create
from sandbox.job_mount import JobMount, unseen_folder
from sandbox.policy import SandboxPolicy
from sandbox.protocol import OutputListener
from sandbox.runner import frames

DRAIN_S = 5.0
"""Allowed for what is under way when a container is killed."""
CREATION_S = 2.0
"""Allowed for a creation under way when nobody waits for it any more."""
NAME_S = 15.0
"""Allowed for a container that is being removed to give up its name."""
_STREAM_NAMES = {frames.STDOUT: "stdout", frames.STDERR: "stderr"}


@dataclass(slots=True)
class RawRun:
    """What came out of a container, undecoded."""

    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    messages: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    exit_report: dict[str, Any] | None = None
    end: Literal["exited", "timeout", "malformed"] | Ending = "exited"
    problem: str = ""
    duration_s: float = 0.0

    @property
    def is_finished(self) -> bool:
        """Whether the worker has said that all is sent."""
        return bool(self.messages) and self.messages[-1][0]["type"] == "finished"


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
    ) -> None:
        """Create and start it, and wait until its worker is ready.

        Args:
            client: the engine.
            image: the runner image, or one on top of it.
            policy: the limits.
            job: where the job's files lie; removed with the container.
            labels: put on the container.
            preload: modules to import ahead, separated by commas.
            engine: what it is; a policy that gives more cores than it has gets these.

        Raises:
            FolderUnseenError: the engine does not see the job's folder.
            SandboxUnavailableError: it could not be started in ``start_timeout_s``.
        """
        self._api = client.api
        self._policy = policy
        self._job = job
        self._engine = engine
        self._removed = threading.Lock()
        # Each variable or what is over their limit, each figure and its preview, what comes once.
        self._max_messages = 2 * (policy.max_variables + policy.max_figures) + 10
        self._chunks = frames.ChunkReader()
        # A character may come in two pieces.
        self._decoders = {
            name: codecs.getincrementaldecoder("utf-8")("replace")
            for name in _STREAM_NAMES.values()
        }
        self._messages = frames.MessageReader(
            policy.max_result_bytes, frames.MAX_RESULT_HEADER_BYTES
        )
        name = f"codegen-agent-{secrets.token_hex(16)}"
        try:
            with engine_errors("creating a container"), unseen_folder(job):
                self.id: str = create(
                    client, image, policy, job.mount(), labels, preload, engine, name
                )
        except BaseException as error:
            if not isinstance(error, Exception):  # Ctrl-C: the engine may go on making it
                _remove_when_made(self._api, name)
            job.remove()
            raise
        try:
            with engine_errors("starting a container"), unseen_folder(job):
                self._stream = AttachedStream(
                    self._api.attach_socket(
                        self.id, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
                    )
                )
                self._api.start(self.id)
            self._await_ready()
        except BaseException:
            self.remove()
            raise

    def is_alive(self) -> bool:
        """Whether it still waits for its job."""
        return self._stream.is_open()

    def rename(self, name: str | None) -> None:
        """Take a name over, from a container that is ended if there is one; None: keep its own.

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
                self._end_other(name)

    def _end_other(self, name: str) -> None:
        import docker.errors

        try:
            self._api.remove_container(name, force=True, v=True)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            if error.status_code != 409:
                raise
            time.sleep(0.05)  # it has just ended, and the engine is about to remove it

    def serve(self, job: dict[str, Any], on_output: OutputListener | None = None) -> RawRun:
        """Hand the job over and read until the end, at most the policy's ``timeout_s``.

        Raises:
            SandboxUnavailableError: the engine, or somebody else, ended the container.
        """
        run = RawRun()
        started = time.monotonic()
        deadline = started + self._policy.timeout_s
        try:
            self._stream.send(frames.pack_message(job), self._policy.timeout_s)
            self._read(run, deadline, on_output)
        except TimeoutError:
            run.end = "timeout"
            self._kill_and_drain(run, on_output)
        except frames.FrameError as error:
            run.end, run.problem = "malformed", str(error)
        except OSError:  # the other end went away while the job was being sent
            run.end = "exited"
        run.duration_s = time.monotonic() - started
        for name, decoder in self._decoders.items():
            if on_output is not None and (rest := decoder.decode(b"", final=True)):
                on_output(name, rest)
        if run.end == "exited" and run.exit_report is None:
            run.end = post_mortem(self._api, self.id, is_podman=self._engine.is_podman)
        return run

    def end(self) -> None:
        """Remove the container while another thread serves it, which sees it go; never raises."""
        self._remove_container()

    def remove(self) -> None:
        """End and remove the container, whatever state it is in; never raises."""
        if not self._removed.acquire(blocking=False):
            return
        if hasattr(self, "_stream"):
            self._stream.close()
        self._remove_container()
        self._job.remove()

    def _remove_container(self) -> None:
        import docker.errors

        try:
            self._api.remove_container(self.id, force=True, v=True)
        except docker.errors.NotFound:
            return
        except Exception:
            # Already being removed by the engine, which was told to at creation.
            with contextlib.suppress(Exception):
                self._api.wait(self.id, timeout=10, condition="removed")

    def _await_ready(self) -> None:
        deadline = time.monotonic() + self._policy.start_timeout_s
        why = "ended"
        try:
            while data := self._stream.receive(deadline):
                chunks = self._chunks.feed(data)
                results = [chunk for kind, chunk in chunks if kind == frames.RESULT]
                messages = [one for chunk in results for one in self._messages.feed(chunk)]
                for header, _ in messages:
                    if header["type"] == "ready":
                        self._job.confirm(header.get("files"))
                        return
        except TimeoutError:
            why = f"was not ready after {self._policy.start_timeout_s:g} s"
        except frames.FrameError as error:
            why = f"spoke another protocol ({error})"
        said = self._stream.diagnostics.decode("utf-8", "replace").strip()
        raise SandboxUnavailableError(
            f"the runner container {why} before it was ready{': ' + said if said else ''};"
            " give it more memory, or rebuild the image with `codegen-agent sandbox build`"
        )

    def _read(self, run: RawRun, deadline: float, on_output: OutputListener | None) -> None:
        while data := self._stream.receive(deadline):
            for kind, chunk in self._chunks.feed(data):
                if kind == frames.RESULT:
                    run.messages.extend(self._messages.feed(chunk))
                    if len(run.messages) > self._max_messages:
                        raise frames.FrameError("more messages than a run sends")
                elif kind in (frames.EXIT, frames.RESULTS_END):
                    report = frames.parse_exit(chunk)
                    if kind == frames.EXIT or run.is_finished:
                        run.exit_report = report
                        return
                else:
                    name = _STREAM_NAMES[kind]
                    self._take_output(run, name, chunk, on_output)

    def _take_output(
        self, run: RawRun, name: str, chunk: bytes, on_output: OutputListener | None
    ) -> None:
        # Counted here too: the supervisor's own count could have been tampered with.
        room = self._policy.max_output_bytes - len(run.stdout) - len(run.stderr)
        getattr(run, name).extend(chunk[:room])
        if len(chunk) > room:
            raise frames.FrameError("more output than its limit")
        if on_output is not None and (text := self._decoders[name].decode(chunk)):
            on_output(name, text)

    def _kill_and_drain(self, run: RawRun, on_output: OutputListener | None) -> None:
        import docker.errors

        with engine_errors("ending a run"), contextlib.suppress(docker.errors.NotFound):
            try:
                self._api.kill(self.id)
            except docker.errors.APIError as error:
                if error.status_code != 409:  # 409: it has just ended by itself
                    raise
        with contextlib.suppress(TimeoutError, frames.FrameError):
            self._read(run, time.monotonic() + DRAIN_S, on_output)


def _remove_when_made(api: Any, name: str) -> None:
    import docker.errors

    deadline = time.monotonic() + CREATION_S
    while time.monotonic() < deadline:
        try:
            api.remove_container(name, force=True, v=True)
        except docker.errors.NotFound:
            time.sleep(0.1)
        except Exception:  # the engine is gone, or removes it already
            return
        else:
            return
