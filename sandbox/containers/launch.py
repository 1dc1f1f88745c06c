"""Starts containers for runs, each with a folder of its own for its variables."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.containers.connections import Connections
from sandbox.containers.container import Container
from sandbox.containers.job_mount import FolderNotSharedError, JobMount, JobVolume, SharedFolder
from sandbox.containers.leftovers import sweep
from sandbox.engine.facts import EngineFacts, Runtime, engine_facts, usable_runtime
from sandbox.errors import ImageMissingError, SandboxUnavailableError
from sandbox.image.extended_image import ExtendedImage
from sandbox.owner import OWNER_LABEL, Owner
from sandbox.policy import SandboxPolicy
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.store import VariableStore

LABEL_PREFIX = "org.codegen-agent"
IDLE_BYTES = 256 << 20
"""More than a container takes that waits with the usual libraries imported."""
_CONTAINER_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,100}")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunLabels:
    """The thread and the task a container runs for; empty: none in particular."""

    thread: str = ""
    task: str = ""

    def to_docker(self) -> dict[str, str]:
        """Return the container's labels."""
        given = {"thread": self.thread, "task": self.task}
        return {f"{LABEL_PREFIX}.{key}": value for key, value in given.items() if value}

    def container_name(self) -> str | None:
        """Return the name a container has while it runs for the task; None without a task."""
        if not self.task:
            return None
        if _CONTAINER_NAME.fullmatch(self.task):
            return f"codegen-agent-{self.task}"
        return f"codegen-agent-{hashlib.sha256(self.task.encode()).hexdigest()}"


ANY_RUN = RunLabels()


@dataclass(frozen=True, slots=True)
class Lease:
    """A container for one run; ``close`` removes it and its folder."""

    container: Container
    image_id: str
    close: Callable[[], None]
    _folder: Path
    _job: JobMount

    def put_variables(self, bundle: VariableBundle, store: VariableStore) -> None:
        """Put variables where the container finds them.

        Raises:
            VariableStoreError: their bytes are gone.
            SandboxUnavailableError: the engine failed or went away.
        """
        store.link_variables(bundle, self._folder)
        self._job.fill(self.image_id, self._folder)


class Launcher:
    """Starts containers under one policy.

    ``shares_files``: whether the engine sees this machine's files, as far as known.
    """

    def __init__(
        self,
        policy: SandboxPolicy,
        extended_image: ExtendedImage,
        connections: Connections,
        labels: Mapping[str, str],
    ) -> None:
        """Start nothing yet.

        Args:
            policy: the limits of each container.
            extended_image: the image to start.
            connections: the engine, and the store whose folders are used.
            labels: put on each container.
        """
        self._policy = policy
        self._extended_image = extended_image
        self._connections = connections
        self._labels = dict(labels)
        self.shares_files = True

    def start(
        self,
        run: RunLabels = ANY_RUN,
        preload: str = "",
        given_up: threading.Event | None = None,
    ) -> Lease:
        """Start one container.

        Args:
            run: what it is for.
            preload: modules to import ahead, separated by commas.
            given_up: set by another thread that no longer wants it.

        Raises:
            SandboxUnavailableError: it couldn't be started.
        """
        self.runtime()
        given_up = given_up or threading.Event()
        try:
            return self._start(run, preload, given_up)
        except ImageMissingError:
            if not self._extended_image.forget_removed():
                raise
            return self._start(run, preload, given_up)

    def is_current(self, lease: Lease) -> bool:
        """Whether a container's image is still the one for the next run.

        Raises:
            SandboxUnavailableError: the engine doesn't answer, or has no image.
        """
        return lease.image_id == self._extended_image.image_id()

    def sweep(self) -> None:
        """Remove what killed processes left on the engine and in the store.

        Raises:
            SandboxUnavailableError: the engine doesn't answer.
        """
        sweep(self._connections.client(), self._connections.store())

    def runtime(self) -> Runtime:
        """Find the policy's runtime on the engine.

        Raises:
            SandboxUnavailableError: the engine doesn't have it, or doesn't answer, or the
                runtime can't hold the limits.
        """
        try:
            return usable_runtime(self._engine, self._policy)
        except SandboxUnavailableError:
            vars(self).pop("_engine", None)  # it may have been fixed by the next call
            raise

    def max_waiting(self) -> int:
        """Return how many may wait for a job: together at most a quarter of the engine's memory.

        Raises:
            SandboxUnavailableError: the engine doesn't answer.
        """
        each = min(self._policy.memory_bytes, IDLE_BYTES)
        return max(1, self._engine.memory_bytes // 4 // each)

    def _start(self, run: RunLabels, preload: str, given_up: threading.Event) -> Lease:
        image_id = self._extended_image.image_id()
        # The owner is found now: this process may be a fork of the one that made the sandbox.
        labels = {OWNER_LABEL: str(Owner.of(os.getpid())), **self._labels, **run.to_docker()}
        client, engine = self._connections.client(), self._engine

        def start(job: JobMount) -> Container:
            return Container(
                client,
                self._extended_image.image,
                self._policy,
                job,
                labels=labels,
                preload=preload,
                engine=engine,
                given_up=given_up,
            )

        with contextlib.ExitStack() as undo:
            folder = undo.enter_context(self._connections.store().job_folder())
            job: JobMount = SharedFolder(folder)
            try:
                container = start(job) if self.shares_files else None
            except FolderNotSharedError as error:
                log.info("%s; variables are sent through its API", error)
                self.shares_files, container = False, None
            if container is None:
                job = JobVolume(client, labels)
                container = start(job)
            undo.callback(container.remove)
            return Lease(container, image_id, undo.pop_all().close, folder, job)

    @functools.cached_property
    def _engine(self) -> EngineFacts:
        return engine_facts(self._connections.client())
