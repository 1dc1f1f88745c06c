"""The sandbox on a Docker engine: a container of its own for each run."""

from __future__ import annotations

import contextlib
import sys
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from sandbox import confined
from sandbox.arguments import check_arguments, job_message, names_to_return
from sandbox.containers.connections import Connections
from sandbox.containers.launch import LABEL_PREFIX, Launcher, RunLabels
from sandbox.containers.pool import IDLE_S, Pool
from sandbox.engine.connection import engine_errors
from sandbox.errors import SandboxError, SandboxUnavailableError, VariableError
from sandbox.image import image_tag, require_image
from sandbox.image.extended_image import ExtendedImage
from sandbox.image.fitter import ImageFitter
from sandbox.policy import SandboxPolicy
from sandbox.protocol import OutputListener
from sandbox.records import Execution
from sandbox.results.collect import collect
from sandbox.session import IDLE_S as SESSION_IDLE_S
from sandbox.session import LIMIT_S as SESSION_LIMIT_S
from sandbox.session import SavedSession, Session
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.store import VariableStore


class DockerSandbox:
    """Runs code in disposable containers.

    Each :meth:`run` uses a container of its own, once, and removes it. As a context manager it
    also removes the containers that were prepared and never used.
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
        """Set up a sandbox. Nothing is started or connected yet.

        Args:
            policy: the limits of each run.
            client: a ``docker.DockerClient``; None: the engine the Docker CLI would use.
            image: the runner image's tag; None: the one this version builds.
            store: keeps variables between runs; None: a temporary folder of its own.
            warm: how many containers to keep ready, from ``with`` or the first run on. They
                take at most a quarter of the engine's memory.
            idle_s: without a run for this many seconds, they are removed.
            labels: put on each container.
        """
        if isinstance(warm, bool) or not isinstance(warm, int) or warm < 0:
            raise SandboxError(f"warm must be how many containers to keep ready, not {warm!r}")
        self._warm = warm
        self._image = image or image_tag
        self._labels = {f"{LABEL_PREFIX}.{key}": value for key, value in (labels or {}).items()}
        self._connections = Connections(client, store)
        self._apply(policy or SandboxPolicy())
        self._pool = Pool(self._launcher, warm, idle_s)
        # At exit the pool closes itself.
        self._collected = weakref.finalize(self, self._pool.abandon)
        self._collected.atexit = False
        self._closed = False

    @property
    def policy(self) -> SandboxPolicy:
        """The limits of each run. Setting it removes containers prepared under the old limits."""
        return self._policy

    @policy.setter
    def policy(self, policy: SandboxPolicy) -> None:
        self._apply(policy)
        self._pool.use(self._launcher)

    def _apply(self, policy: SandboxPolicy) -> None:
        self._policy = policy
        self._extended_image = ExtendedImage(
            self._connections.client, self._image, policy.allow_packages
        )
        self._image_fitter = ImageFitter(self._extended_image)
        self._launcher = Launcher(policy, self._extended_image, self._connections, self._labels)

    def __enter__(self) -> Self:
        if self._warm:
            self.prepare()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove everything that is left of this sandbox. It can't be used afterwards.

        A run that another thread waits for is ended, and raises SandboxUnavailableError there.
        """
        self._closed = True
        self._collected.detach()
        self._pool.close()
        self._connections.close()

    def prepare(self, *, thread: str = "") -> None:
        """Start a container for the next run in the background; a failure shows in that run.

        ``thread``: the thread of that run; also a label of the container.
        """
        self._pool.fill(max(1, self._warm), thread)
        confined.warm_up()

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
            variables: name to value, or the references a store returned for them.
            returns: names to bring back; None: every new or changed variable.
            checks: Python run after the code with its names, in a process that the code can't
                reach. It borrows the code's values and functions.
            on_output: called with what is printed, as it arrives.
            store: what references point into; None: this sandbox's own.
            thread: the run's thread. It gets the container prepared for it, and is a label.
            task: the run's task in that thread, as a label and in the container's name; a
                container that still runs for the same task is ended first.

        Raises:
            SandboxUnavailableError: the environment can't run anything.
            VariableError: a variable can't be sent, or doesn't load in the image.
        """
        if self._closed:
            raise SandboxError("this sandbox is closed; create another one")
        check_arguments(code, variables, checks, on_output)
        names = names_to_return(returns)
        if self._policy.runtime is not None:
            self._launcher.runtime()  # fail fast if it's missing
        source = store or self._connections.store()
        bundle = self._bundle(variables, source)
        note = self._image_fitter.ensure_libraries(bundle)
        job = job_message(code, bundle, names, checks, self._policy)
        labels = RunLabels(thread, task)

        confined.warm_up()

        def run_once() -> Execution:
            policy = self._policy
            with self._pool.lease(labels) as lease:
                lease.put_variables(bundle, source)
                raw = lease.container.serve(job, on_output)
                # Now, because starting the next container competes for this process's time.
                return collect(raw, policy, names, checked=bool(checks))

        execution = self._image_fitter.run_with_missing_packages(code, run_once)
        if note and not execution.ok:
            return replace(execution, detail="; ".join(filter(None, (execution.detail, note))))
        return execution

    def session(
        self,
        variables: Mapping[str, Any] | VariableBundle | SavedSession | None = None,
        *,
        idle_s: float = SESSION_IDLE_S,
        limit_s: float = SESSION_LIMIT_S,
        store: VariableStore | None = None,
        thread: str = "",
    ) -> Session:
        """Start one container for one conversation: names live on from run to run.

        Args:
            variables: its first names, or what a session saved.
            idle_s: without a run for this many seconds, it is removed.
            limit_s: it is removed after this many seconds, whatever happens in it.
            store: what references point into; None: this sandbox's own.
            thread: the conversation's thread, as a label of the container.

        Raises:
            SandboxUnavailableError: the environment can't run anything.
            VariableError: a variable can't be sent, or doesn't load in the image.
        """
        if self._closed:
            raise SandboxError("this sandbox is closed; create another one")
        source = store or self._connections.store()
        if isinstance(variables, SavedSession):
            variables = variables.variables
        check_arguments("", variables, None, None)
        bundle = self._bundle(variables, source)
        self._image_fitter.ensure_libraries(bundle)
        confined.warm_up()

        def to_bundle(values: Mapping[str, Any] | VariableBundle | None) -> VariableBundle:
            sent = self._bundle(values, source)
            self._image_fitter.ensure_libraries(sent)
            return sent

        return Session(
            self._pool.lease(RunLabels(thread)),
            self._policy,
            source,
            to_bundle,
            bundle,
            idle_s=idle_s,
            limit_s=limit_s,
        )

    def stop(self, task: str) -> None:
        """End what runs for a task, in this process or another, by removing its container.

        The ``run`` that waits for it raises SandboxUnavailableError. Never raises itself.
        """
        name = RunLabels(task=task).container_name()
        if name is not None:
            with contextlib.suppress(SandboxUnavailableError), engine_errors("ending a run"):
                self._connections.client().api.remove_container(name, force=True, v=True)

    def packages(self) -> Mapping[str, str]:
        """Name and version of the libraries in the image.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        return self._extended_image.packages()

    def python_version(self) -> str:
        """The minor version of Python the code runs on, always the host's."""
        return "{}.{}".format(*sys.version_info)

    @property
    def shares_files(self) -> bool:
        """Whether the engine sees this machine's files, as far as runs have shown."""
        return self._launcher.shares_files

    def check(self) -> None:
        """Make sure that runs are possible at all.

        Raises:
            SandboxUnavailableError: no engine, no such runtime, or no image.
        """
        self._launcher.runtime()
        require_image(self._connections.client(), self._extended_image.image)

    def _bundle(
        self, variables: Mapping[str, Any] | VariableBundle | None, store: VariableStore
    ) -> VariableBundle:
        if not isinstance(variables, VariableBundle):
            return store.put_variables(variables or {})
        if variables.python != self.python_version():
            raise VariableError(
                f"the variables were pickled by Python {variables.python} and can't be loaded by"
                f" Python {self.python_version()}; pass their values again from this version"
            )
        return variables
