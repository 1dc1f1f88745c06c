"""The sandbox on a Docker engine: a container of its own for each run."""

from __future__ import annotations

import contextlib
import sys
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from sandbox.additions import Additions
from sandbox.arguments import check_arguments, names_to_return
from sandbox.backing import Backing
from sandbox.collect import collect
from sandbox.container import Container
from sandbox.errors import SandboxError, SandboxUnavailableError, VariableError
from sandbox.failure import engine_errors
from sandbox.fit import Fit
from sandbox.image import image_tag, require_image
from sandbox.job_message import job_message
from sandbox.launch import Launcher, Lease
from sandbox.leftovers import sweep
from sandbox.policy import SandboxPolicy
from sandbox.pool import IDLE_S, Pool
from sandbox.protocol import OutputListener
from sandbox.purpose import LABELS, Purpose
from sandbox.records import Execution
from sandbox.store import VariableBundle, VariableStore, is_bundle

PRELOADED = "cloudpickle,numpy,pandas,pyarrow,matplotlib.pyplot,seaborn"
"""Imported while a prepared container waits; costs 2 s at first use otherwise."""


class DockerSandbox:
    """Runs code in disposable containers.

    Each :meth:`run` uses a container of its own, once, and removes it. A
    context manager: leaving it removes the containers that were prepared and
    never used.
    """

    def __init__(
        self,
        policy: SandboxPolicy | None = None,
        *,
        client: Any = None,
        image: str | None = None,
        store: VariableStore | None = None,
        warm: int = 0,
        idle_s: float = IDLE_S,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Set a sandbox up; nothing is started or connected yet.

        Args:
            policy: the limits of each run.
            client: a ``docker.DockerClient``; None: the engine the Docker CLI would use.
            image: the runner image's tag; None: the one this version builds.
            store: keeps variables between runs; None: a temporary folder of its own.
            warm: how many containers to keep ready, from ``with`` or the first run on; at
                most what a quarter of the engine's memory holds.
            idle_s: a container nobody needs for so long is let go, seconds.
            labels: put on each container.
        """
        if isinstance(warm, bool) or not isinstance(warm, int) or warm < 0:
            raise SandboxError(f"warm must be how many containers to keep ready, not {warm!r}")
        self._warm = warm
        self._image = image or image_tag
        self._labels = {f"{LABELS}.{key}": value for key, value in (labels or {}).items()}
        self._backing = Backing(client, store)
        # By weak reference: the pool must not keep up a sandbox that nobody has any more.
        start, room = weakref.WeakMethod(self._start), weakref.WeakMethod(self._room)
        self._pool = Pool(start, room, idle_s)
        self._forgotten = weakref.finalize(self, self._pool.close, wait=False)
        self._swept = self._closed = False
        self._running: set[Container] = set()
        self.policy = policy or SandboxPolicy()

    @property
    def policy(self) -> SandboxPolicy:
        """The limits of each run; with new ones, what was kept ready under the old ones goes."""
        return self._policy

    @policy.setter
    def policy(self, policy: SandboxPolicy) -> None:
        self._policy = policy
        self._pool.empty()
        self._additions = Additions(self._backing.client, self._image, policy.allow_packages)
        self._fit = Fit(self._additions)
        self._launcher = Launcher(
            policy,
            self._additions,
            client=self._backing.client,
            store=self._backing.store,
            labels=self._labels,
        )

    def __enter__(self) -> Self:
        if self._warm:
            self._fill(self._warm)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what is left of this sandbox; it cannot be used afterwards.

        A run that another thread waits for is ended, and raises SandboxUnavailableError there.
        """
        self._closed = True
        for container in tuple(self._running):
            container.end()
        self._forgotten.detach()
        self._pool.close()
        self._backing.close()

    def prepare(self, *, thread: str = "") -> None:
        """Start a container for the next run in the background; failures show in that run.

        ``thread``: whose run it is for; it carries the name as a label.
        """
        self._fill(max(1, self._warm), thread)

    def run(
        self,
        code: str,
        variables: Mapping[str, Any] | VariableBundle | None = None,
        returns: Sequence[str] | None = None,
        *,
        checks: str | None = None,
        on_output: OutputListener | None = None,
        store: VariableStore | None = None,
        thread: str = "",
        task: str = "",
    ) -> Execution:
        """Run ``code`` once with ``variables`` as its globals.

        Args:
            code: Python; a final expression is displayed, as in a notebook.
            variables: name to value, or the references a store gave for them.
            returns: names to bring back; None: every new or changed variable.
            checks: Python run after the code in its namespace.
            on_output: called with what is printed, as it arrives.
            store: where references point; None: this sandbox's own.
            thread: on whose behalf; takes what was prepared for it, is a label otherwise.
            task: which of its tasks, as a label and in the container's name; a container
                that still runs for the same task is ended first.

        Raises:
            SandboxUnavailableError: the environment cannot run anything.
            VariableError: a variable cannot be handed over, or does not load there.
        """
        if self._closed:
            raise SandboxError("this sandbox is closed; make another one")
        check_arguments(code, variables, checks, on_output)
        asked = names_to_return(returns)
        if self._policy.runtime is not None:
            self._launcher.runtime()  # one that is not there is told before anything costs time
        source = store or self._backing.store()
        bundle = self._bundle({} if variables is None else variables, source)
        note = self._fit.to_variables(bundle, source)
        job = job_message(code, bundle, asked, checks, self._policy)
        execution = self._fit.to_code(
            code, lambda: self._run_once(job, source, on_output, Purpose(thread, task))
        )
        if note and not execution.ok:
            return replace(execution, detail="; ".join(filter(None, (execution.detail, note))))
        return execution

    def _run_once(
        self,
        job: dict[str, Any],
        store: VariableStore,
        on_output: OutputListener | None,
        purpose: Purpose,
    ) -> Execution:
        self._sweep()
        policy, lease = self._policy, self._lease(purpose)
        self._running.add(lease.container)
        try:
            lease.hand_over(job["variables"], store)
            raw = lease.container.serve(job, on_output)
            # Before the rest, which would only compete with it for this process's time.
            return collect(raw, policy, job["returns"])
        finally:
            self._running.discard(lease.container)
            if self._warm:
                self._pool.retire(lease)
                self._fill(self._warm)
            else:
                lease.close()

    def _lease(self, purpose: Purpose) -> Lease:
        self._launcher.runtime()
        image_id = self._additions.image_id()
        lease = self._pool.take(lambda one: one.image_id == image_id, purpose.thread)
        lease = lease or self._launcher.start(labels=purpose.labels())
        try:
            lease.container.rename(purpose.container_name())
        except BaseException:
            lease.close()
            raise
        return lease

    def _fill(self, count: int, thread: str = "") -> None:
        self._sweep()
        self._pool.fill(count, thread)

    def _sweep(self) -> None:
        """Remove in the background, once, what processes left that were killed."""
        if not self._swept:
            self._swept = True
            self._pool.aside(lambda: sweep(self._backing.client(), self._backing.store()))

    def _start(self, thread: str) -> Lease:
        return self._launcher.start(PRELOADED, Purpose(thread).labels())

    def stop(self, task: str) -> None:
        """End what runs for a task, in this process or another: its container is removed.

        The ``run`` that waits for it raises SandboxUnavailableError. Never raises itself.
        """
        name = Purpose(task=task).container_name()
        if name is not None:
            with contextlib.suppress(SandboxUnavailableError), engine_errors("ending a run"):
                self._backing.client().api.remove_container(name, force=True, v=True)

    def packages(self) -> Mapping[str, str]:
        """Name and version of the libraries in the image.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        return self._additions.packages()

    def python_version(self) -> str:
        """The minor version of Python the code runs on: the host's, always."""
        return "{}.{}".format(*sys.version_info)

    @property
    def shares_files(self) -> bool:
        """Whether the engine sees this machine's files, as far as runs have shown yet."""
        return self._launcher.folders_are_seen

    def check(self) -> None:
        """Make sure that runs are possible at all.

        Raises:
            SandboxUnavailableError: no engine, no such runtime, or no image.
        """
        self._launcher.runtime()
        require_image(self._backing.client(), self._additions.image)

    def _room(self) -> int:
        return self._launcher.room()

    def _bundle(
        self, variables: Mapping[str, Any] | VariableBundle, store: VariableStore
    ) -> VariableBundle:
        bundle = variables if is_bundle(variables) else store.put_variables(variables)
        assert isinstance(bundle, dict)  # noqa: S101  # for the type checker
        if bundle["python"] != self.python_version():
            raise VariableError(
                f"the variables were pickled by Python {bundle['python']} and cannot be loaded"
                f" into Python {self.python_version()}; hand them over again from this version"
            )
        return bundle
