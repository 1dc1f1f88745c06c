"""Starts containers for runs, each with a folder of its own for its variables."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.additions import Additions
from sandbox.container import Container
from sandbox.engine import EngineFacts, engine_facts
from sandbox.errors import ImageMissingError, SandboxUnavailableError
from sandbox.job_mount import FolderUnseenError, JobMount, JobVolume, SharedFolder
from sandbox.owner import OWNER_LABEL, Owner
from sandbox.policy import SandboxPolicy
from sandbox.runtimes import Runtime, usable_runtime
from sandbox.store import VariableBundle, VariableStore

IDLE_BYTES = 256 << 20
"""More than a container takes that has imported what is imported ahead, and waits."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lease:
    """A container for one run; ``close`` removes it and its folder.

    ``image`` is the name it was started by, ``image_id`` what that name stood for.
    """

    container: Container
    image: str
    image_id: str
    close: Callable[[], None]
    _folder: Path
    _job: JobMount

    def hand_over(self, bundle: VariableBundle, store: VariableStore) -> None:
        """Put variables where the container finds them.

        Raises:
            VariableStoreError: their bytes are gone.
            SandboxUnavailableError: the engine failed or went away.
        """
        store.link_variables(bundle, self._folder)
        self._job.fill(self.image, self._folder)


class Launcher:
    """Starts containers under one policy."""

    def __init__(
        self,
        policy: SandboxPolicy,
        additions: Additions,
        *,
        client: Callable[[], Any],
        store: Callable[[], VariableStore],
        labels: Mapping[str, str],
    ) -> None:
        """Start nothing yet.

        Args:
            policy: the limits of each container.
            additions: tells the image.
            client: gives the engine.
            store: gives the store that lends folders.
            labels: put on each container.
        """
        self._policy = policy
        self._additions = additions
        self._client = client
        self._store = store
        self._labels = dict(labels)
        self.folders_are_seen = True

    def start(self, preload: str = "", labels: Mapping[str, str] | None = None) -> Lease:
        """Start one container.

        Args:
            preload: modules to import ahead, separated by commas.
            labels: put on it besides those that all have.

        Raises:
            SandboxUnavailableError: it cannot be started.
        """
        self.runtime()
        with contextlib.ExitStack() as undo:
            folder = undo.enter_context(self._store().job_folder())
            image, image_id = self._additions.image, self._additions.image_id()
            try:
                container, job = self._container(image, folder, preload, labels or {})
            except ImageMissingError:
                if not self._additions.forget_removed():
                    raise
                image, image_id = self._additions.image, self._additions.image_id()
                container, job = self._container(image, folder, preload, labels or {})
            undo.callback(container.remove)
            return Lease(container, image, image_id, undo.pop_all().close, folder, job)

    def runtime(self) -> Runtime:
        """Find the policy's runtime on the engine.

        Raises:
            SandboxUnavailableError: the engine does not have it, it does not hold the limits,
                or the engine does not answer.
        """
        try:
            return usable_runtime(self._engine, self._policy)
        except SandboxUnavailableError:
            vars(self).pop("_engine", None)  # it may have been mended when next asked
            raise

    def room(self) -> int:
        """Tell how many may wait for a job: they take a quarter of the engine's memory at most.

        Raises:
            SandboxUnavailableError: the engine does not answer.
        """
        each = min(self._policy.memory_bytes, IDLE_BYTES)
        return max(1, self._engine.memory_bytes // 4 // each)

    def _container(
        self, image: str, folder: Path, preload: str, more: Mapping[str, str]
    ) -> tuple[Container, JobMount]:
        # The owner is found now: this process may have been forked from the sandbox's maker.
        labels = {OWNER_LABEL: str(Owner.of(os.getpid())), **self._labels, **more}
        client, engine = self._client(), self._engine
        start = functools.partial(
            Container, client, image, self._policy, labels=labels, preload=preload, engine=engine
        )
        job: JobMount = SharedFolder(folder)
        if self.folders_are_seen:
            try:
                return start(job), job
            except FolderUnseenError as error:
                log.info("%s; variables go there by its API", error)
                self.folders_are_seen = False
        job = JobVolume(client, labels)
        return start(job), job

    @functools.cached_property
    def _engine(self) -> EngineFacts:
        return engine_facts(self._client())
