"""The sandbox on a Docker engine: a container of its own for each run."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from sandbox.additions import Additions
from sandbox.collect import collect
from sandbox.engine import connect
from sandbox.errors import SandboxError, VariableError
from sandbox.fit import Fit
from sandbox.hardened import JOB_FOLDER
from sandbox.image import image_tag, require_image
from sandbox.launch import Launcher
from sandbox.names import check_variable_name
from sandbox.policy import SandboxPolicy
from sandbox.pool import Pool
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
        self._given_store = store
        self._warm = warm
        self._lock = threading.Lock()
        self._additions = Additions(
            lambda: self._client, image or image_tag, self.policy.allow_packages
        )
        self._fit = Fit(self._additions)
        self._launcher = Launcher(
            self.policy,
            self._additions,
            client=lambda: self._client,
            store=lambda: self._store,
            labels={f"org.codegen-agent.{key}": value for key, value in (labels or {}).items()},
        )
        self._pool = Pool(lambda: self._launcher.start(PRELOADED), max(1, warm))
        self._exits = contextlib.ExitStack()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what is left of this sandbox; it cannot be used afterwards."""
        self._closed = True
        self._pool.close()
        self._exits.close()

    def prepare(self) -> None:
        """Start a container for the next run in the background; failures show in that run."""
        self._pool.prepare()

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
        note = self._fit.to_variables(bundle, source)
        job = self._job(code, bundle, asked, checks)
        execution = self._fit.to_code(lambda: self._run_once(job, source, asked, on_output))
        if note and not execution.ok:
            return replace(execution, detail="; ".join(filter(None, (execution.detail, note))))
        return execution

    def _run_once(
        self,
        job: dict[str, Any],
        store: VariableStore,
        asked: list[str] | None,
        on_output: OutputListener | None,
    ) -> Execution:
        lease = self._pool.take(self._additions.image) or self._launcher.start()
        try:
            lease.hand_over(job["variables"], store)
            raw = lease.container.serve(job, on_output)
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
            SandboxUnavailableError: no engine, or no image.
        """
        require_image(self._client, self._additions.image)

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

    @property
    def _client(self) -> Any:
        with self._lock:
            if self._given_client is None:
                self._given_client = connect()
                self._exits.callback(self._given_client.close)
            return self._given_client

    @property
    def _store(self) -> VariableStore:
        with self._lock:
            if self._given_store is None:
                folder = tempfile.TemporaryDirectory(prefix="codegen-agent-")
                self._given_store = VariableStore(self._exits.enter_context(folder))
            return self._given_store
