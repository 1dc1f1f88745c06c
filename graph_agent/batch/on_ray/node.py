"""What a node does for a batch: it proves that it can work for it, and answers requests."""

from __future__ import annotations

import contextlib
import platform
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph_agent.batch.answering import Answering, unfinished
from graph_agent.batch.folder import our_version
from graph_agent.batch.journal import RequestResult, Setup, Unfinished
from graph_agent.batch.on_ray.sameness import check_sees_database, check_sees_store, mark
from graph_agent.batch.requests import BatchRequest
from graph_agent.batch.side_by_side import ActiveRuns
from graph_agent.batch.values import FileOptions
from graph_agent.checkpoints import thread_lock
from graph_agent.config.settings import Settings, load_settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import AgentError, ClusterError, RunStoppedError, ThreadError
from graph_agent.from_settings import client_from, policy_from
from graph_agent.leaving import in_daemon_thread
from graph_agent.progress.following import DRAIN_S
from sandbox import DockerSandbox
from sandbox.errors import SandboxError

__all__ = ["Answered", "Job", "answer", "prove"]

LOCK_WAIT_S = 90.0
"""Postgres notices within a minute that a machine is gone, and releases its threads' locks."""
POLL_S = 1.0
SENT_SETTINGS = (
    "model", "max_attempts", "candidates", "prices", "model_timeout_s", "model_cache", "timeout_s",
    "memory", "runtime", "allow_packages", "shared_store",
)  # fmt: skip
"""What holds for the whole batch. Keys, the database's address and places are each node's own."""


@dataclass(frozen=True)
class Job:
    """A batch, as its nodes need to know it."""

    token: str
    setup: Setup
    settings: Mapping[str, Any]
    keep_formulas: bool = False

    @classmethod
    def of(cls, token: str, setup: Setup, settings: Settings, files: FileOptions) -> Job:
        """Describe a batch that is started here."""
        sent = {name: getattr(settings, name) for name in SENT_SETTINGS}
        return cls(token, setup, sent, files.keep_formulas)

    def settings_here(self) -> Settings:
        """Return this node's settings, with those of the batch.

        Raises:
            SettingsError: this node's are unusable.
        """
        return load_settings().model_copy(update=dict(self.settings))


@dataclass(frozen=True)
class Answered:
    """What became of a request, and the files of its folder by relative path."""

    found: RequestResult | Unfinished
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def prove(version: str, job: Job, node: str, models: Sequence[str | None]) -> str:
    """Say why this node can't work for a batch; empty: it can. ``node``: its id."""
    if version != our_version():
        return f"has version {our_version()} of codegen-agent, not {version}"
    try:
        settings = job.settings_here()
        _check_sameness(job, settings)
        shared = variable_store(settings).shared
        if shared is not None:
            mark(shared, job.token, node)
        with DockerSandbox(policy_from(settings)) as sandbox:
            sandbox.check()
        for model in models:
            client_from(model or job.setup.model, settings)
    except (AgentError, SandboxError) as error:
        return str(error)
    return ""


def answer(job: Job, request: BatchRequest) -> Answered:
    """Answer a request, in the thread where an earlier node may have left it.

    Raises:
        RunStoppedError: the batch was stopped.
    """
    try:
        work = _work_for(job)
    except (AgentError, SandboxError) as error:
        told = ClusterError(f"node {platform.node()!r}: {error}")
        return Answered(unfinished(request, job.setup.thread_of(request), told))
    future = in_daemon_thread(lambda: work.answer(request))
    try:
        return future.result()
    except KeyboardInterrupt:  # that is how Ray cancels a task
        work.runs.drain()
        with contextlib.suppress(TimeoutError):
            return future.result(DRAIN_S)
        work.runs.stop()
        raise RunStoppedError("the batch was stopped; resume it") from None


class _Work:
    """What the requests of one batch share in a worker process."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._settings = job.settings_here()
        _check_sameness(job, self._settings)
        self.runs = ActiveRuns()
        self._folder = Path(tempfile.mkdtemp(prefix="codegen-agent-batch-"))
        sandbox = DockerSandbox(policy_from(self._settings), warm=1)
        sandbox.check()
        sandbox.prepare()
        files = FileOptions(keep_formulas=job.keep_formulas)
        self._answering = Answering(
            job.setup, job.setup.model, self._settings, sandbox, self._folder, self.runs, files
        )

    def answer(self, request: BatchRequest) -> Answered:
        found = self._answering.answer(request)
        if isinstance(found, Unfinished) and found.error == ThreadError.__name__:
            # The node that had it may be lost, and Postgres doesn't know that yet.
            self._wait_for(self._job.setup.thread_of(request))
            found = self._answering.answer(request)
        folder = self._folder / request.folder
        try:
            return Answered(found, _files_of(folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _wait_for(self, thread_id: str) -> None:
        deadline = time.monotonic() + LOCK_WAIT_S
        while time.monotonic() < deadline:
            with contextlib.suppress(ThreadError), thread_lock(self._settings, thread_id):
                return
            time.sleep(POLL_S)


_works: dict[str, _Work] = {}
_making = threading.Lock()


def _work_for(job: Job) -> _Work:
    """Return what a batch's requests share in this process; made by the first of them."""
    with _making:
        if job.token not in _works:
            _works[job.token] = _Work(job)
        return _works[job.token]


def _check_sameness(job: Job, settings: Settings) -> None:
    check_sees_database(settings, job.token)
    shared = variable_store(settings).shared
    if shared is not None:
        check_sees_store(shared, job.token)


def _files_of(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
