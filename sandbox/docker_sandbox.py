"""The sandbox on a Docker engine: a container of its own for each run."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from sandbox.collect import collect
from sandbox.container import JOB_FOLDER, Container
from sandbox.engine import connect, engine_facts
from sandbox.errors import SandboxError, VariableError
from sandbox.image import image_packages, image_tag, require_image
from sandbox.names import check_variable_name
from sandbox.policy import SandboxPolicy
from sandbox.protocol import OutputListener
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
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Set a sandbox up; nothing is started or connected yet.

        Args:
            policy: the limits of each run.
            client: a ``docker.DockerClient``; None: the engine the Docker CLI would use.
            image: the runner image's tag; None: the one this version builds.
            store: keeps variables between runs; None: a temporary folder of its own.
            warm: how many containers to keep prepared.
            labels: put on each container.
        """
        self.policy = policy or SandboxPolicy()
        self._given_client = client
        self._given_image = image
        self._given_store = store
        self._warm = warm
        self._labels = {f"org.codegen-agent.{key}": value for key, value in (labels or {}).items()}
        self._lock = threading.Lock()
        self._prepared: deque[Future[_Lease]] = deque()
        self._exits = contextlib.ExitStack()
        self._threads: ThreadPoolExecutor | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what is left of this sandbox; it cannot be used afterwards."""
        with self._lock:
            self._closed = True
            prepared = list(self._prepared)
            self._prepared.clear()
        for future in prepared:
            with contextlib.suppress(Exception):
                future.result().close()
        if self._threads is not None:
            self._threads.shutdown()
        self._exits.close()

    def prepare(self) -> None:
        """Start a container for the next run in the background; failures show in that run."""
        with self._lock:
            if self._closed or len(self._prepared) >= max(1, self._warm):
                return
            if self._threads is None:
                self._threads = ThreadPoolExecutor(1, "codegen-sandbox")
            self._prepared.append(self._threads.submit(self._start, PRELOADED))

    def run(
        self,
        code: str,
        variables: Mapping[str, Any] | VariableBundle | None = None,
        returns: Sequence[str] | None = None,
        *,
        checks: str | None = None,
        on_output: OutputListener | None = None,
        store: VariableStore | None = None,
    ) -> Execution:
        """Run ``code`` once with ``variables`` as its globals.

        Args:
            code: Python; a final expression is displayed, as in a notebook.
            variables: name to value, or the references a store gave for them.
            returns: names to bring back; None: every new or changed variable.
            checks: Python run after the code in its namespace.
            on_output: called with what is printed, as it arrives.
            store: where references point; None: this sandbox's own.

        Raises:
            SandboxUnavailableError: the environment cannot run anything.
            VariableError: a variable cannot be handed over, or does not load there.
        """
        if self._closed:
            raise SandboxError("this sandbox is closed; make another one")
        asked = None if returns is None else [check_variable_name(name) for name in returns]
        source = store or self._store
        bundle = self._bundle(variables or {}, source)
        lease = self._lease()
        try:
            source.link_variables(bundle, lease.folder)
            raw = lease.container.serve(self._job(code, bundle, asked, checks), on_output)
        finally:
            lease.close()
            if self._warm:
                self.prepare()
        return collect(raw, self.policy, asked)

    def packages(self) -> Mapping[str, str]:
        """Name and version of the libraries in the image.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        return image_packages(self._client, self._image)

    def python_version(self) -> str:
        """The minor version of Python the code runs on: the host's, always."""
        return "{}.{}".format(*sys.version_info)

    def check(self) -> None:
        """Make sure that runs are possible at all.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        require_image(self._client, self._image)

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

    def _job(
        self, code: str, bundle: VariableBundle, returns: list[str] | None, checks: str | None
    ) -> dict[str, Any]:
        return {
            "type": "job",
            "code": code,
            "checks": checks,
            "returns": returns,
            "variables": bundle,
            "folder": JOB_FOLDER,
            "limits": {
                "max_result_bytes": self.policy.max_result_bytes,
                "max_figures": self.policy.max_figures,
                "max_variables": self.policy.max_variables,
            },
        }

    def _lease(self) -> _Lease:
        """Take a prepared container that still lives, or start one."""
        while True:
            with self._lock:
                future = self._prepared.popleft() if self._prepared else None
            if future is None:
                return self._start("")
            with contextlib.suppress(Exception):  # tried again in the foreground, to be told
                lease = future.result()
                if lease.container.is_alive():
                    return lease
                lease.close()

    def _start(self, preload: str) -> _Lease:
        with contextlib.ExitStack() as undo:
            folder = undo.enter_context(self._store.job_folder())
            labels = {"org.codegen-agent.owner": str(os.getpid()), **self._labels}
            container = Container(
                self._client,
                self._image,
                self.policy,
                folder,
                labels=labels,
                preload=preload,
                cores=self._cores,
            )
            undo.callback(container.remove)
            return _Lease(container, folder, undo.pop_all())

    @property
    def _client(self) -> Any:
        with self._lock:
            if self._given_client is None:
                self._given_client = connect()
                self._exits.callback(self._given_client.close)
            return self._given_client

    @functools.cached_property
    def _cores(self) -> float:
        return float(engine_facts(self._client).ncpu)

    @property
    def _image(self) -> str:
        if self._given_image is None:
            self._given_image = image_tag()
        return self._given_image

    @property
    def _store(self) -> VariableStore:
        with self._lock:
            if self._given_store is None:
                folder = tempfile.TemporaryDirectory(prefix="codegen-agent-")
                self._given_store = VariableStore(self._exits.enter_context(folder))
            return self._given_store


class _Lease:
    """A container, its folder, and how to be rid of both."""

    def __init__(self, container: Container, folder: Path, exits: contextlib.ExitStack) -> None:
        self.container = container
        self.folder = folder
        self.close = exits.close
