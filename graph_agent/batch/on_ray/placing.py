"""Answers the requests of a batch on a cluster, and keeps what comes back."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from graph_agent.batch.answering import unfinished
from graph_agent.batch.folder import our_version
from graph_agent.batch.journal import RequestResult, Setup, Unfinished
from graph_agent.batch.on_ray.cluster import Cluster, connected, last_line
from graph_agent.batch.on_ray.node import Answered, Job, answer, prove
from graph_agent.batch.on_ray.sameness import held_open, marks_of
from graph_agent.batch.requests import BatchRequest
from graph_agent.batch.side_by_side import ActiveRuns
from graph_agent.batch.values import FileOptions, Values
from graph_agent.config.settings import Settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import ClusterError, OutputError, RequestError, RunStoppedError
from graph_agent.request import CodeGenerationRequest

__all__ = ["RayAnswering", "check_settings", "on_cluster"]

RETRIES = 5
"""So often Ray starts a request again whose worker or node is gone."""
QUEUED = 2
"""For each request that is worked on, so many are handed to Ray, so that no node waits."""
MAX_TOLD = 3


def check_settings(settings: Settings) -> None:
    """Check that the settings are those of a batch on several machines.

    Raises:
        RequestError: one is missing.
    """
    if settings.checkpoints is None:
        raise RequestError(
            "--ray needs a database that each node reaches: set CODEGEN_AGENT_CHECKPOINTS to the"
            " URL of a Postgres database, here and on each node"
        )
    if settings.shared_store is None:
        raise RequestError(
            "--ray needs a store for variables that each node reaches: set"
            " CODEGEN_AGENT_SHARED_STORE to the URL of a bucket or a folder, such as"
            " s3://bucket/folder or file:///mnt/shared"
        )


@contextlib.contextmanager
def on_cluster(
    address: str,
    setup: Setup,
    settings: Settings,
    folder: Path,
    runs: ActiveRuns,
    files: FileOptions,
) -> Iterator[RayAnswering]:
    """Connect to a cluster, and to what its nodes share.

    Raises:
        ClusterError: the cluster can't be used.
        CheckpointError: the database can't be used.
        VariableStoreError: the shared store can't be used.
    """
    shared = variable_store(settings).shared
    if shared is None:
        raise ClusterError("there is no shared store")
    job = Job.of(secrets.token_hex(16), setup, settings, files)
    with held_open(settings, shared, job.token), connected(address) as cluster:
        yield RayAnswering(cluster, job, settings, folder, runs, files)


class RayAnswering:
    """Answers requests on a cluster's nodes; several threads may wait for them at once."""

    def __init__(
        self,
        cluster: Cluster,
        job: Job,
        settings: Settings,
        folder: Path,
        runs: ActiveRuns,
        files: FileOptions,
    ) -> None:
        import ray

        self.concurrency = QUEUED * cluster.slots
        self._ray = ray
        self._cluster = cluster
        self._job = job
        self._settings = settings
        self._folder = folder
        self._runs = runs
        self._values = Values(files)
        self._store = variable_store(settings)
        self._answer = ray.remote(answer).options(**cluster.placing, max_retries=RETRIES)

    def check(self, requests: Iterable[BatchRequest]) -> None:
        """Have each node prove that it can work for this batch.

        Raises:
            ClusterError: some can't; the message says why.
        """
        models = list(dict.fromkeys(request.model for request in requests))
        version, job = our_version(), self._job
        said = self._cluster.ask_each(
            lambda node: (version, job, node, models), self._ray.remote(prove)
        )
        shared = self._store.shared
        for node, problem in said.items():
            if not problem and shared is not None and not marks_of(shared, job.token, node):
                said[node] = (
                    f"writes to the shared store {shared.url!r}, but that can't be read here: it"
                    " is another one there"
                )
        nodes: dict[str, list[str]] = defaultdict(list)
        for node, problem in said.items():
            if problem:
                nodes[problem].append(self._cluster.nodes[node])
        if nodes:
            raise ClusterError(_told(nodes))

    def answer(self, request: BatchRequest) -> RequestResult | Unfinished:
        """Have a request answered; what keeps it from a result is no result.

        Raises:
            RunStoppedError: the runs were stopped.
        """
        try:
            ready = self._prepared(request)
            answered = self._placed(ready)
            self._save(request, answered)
        except (RunStoppedError, KeyboardInterrupt):
            raise
        except Exception as error:  # one request's trouble isn't the others'
            return unfinished(request, self._job.setup.thread_of(request), error)
        return answered.found

    def _prepared(self, request: BatchRequest) -> BatchRequest:
        """Store the variables, and return what a node needs to know."""
        asked = self._values.asked(request, self._job.setup)
        attempts = request.max_attempts or self._job.setup.max_attempts
        input_ = asked.to_input(self._store, attempts)
        return replace(
            request, request=CodeGenerationRequest(asked.request_text), files={}, input=input_
        )

    def _placed(self, request: BatchRequest) -> Answered:
        task = _Task(self._ray, self._answer, self._job, request)
        with self._runs.active(task):
            return task.result()

    def _save(self, request: BatchRequest, answered: Answered) -> None:
        target = self._folder / request.folder
        try:
            shutil.rmtree(target, ignore_errors=True)
            for name, data in answered.files.items():
                parts = PurePosixPath(name).parts
                if ".." in parts or PurePosixPath(name).is_absolute():
                    raise OutputError(f"a node sent a file with the name {name!r}")
                path = target.joinpath(*parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        except OSError as error:
            raise OutputError(
                f"cannot write to {str(target)!r}: {error.strerror}; free some space and continue"
                " with --resume"
            ) from error


class _Task:
    """A request that Ray has placed, or will place."""

    def __init__(self, ray: Any, task: Any, job: Job, request: BatchRequest) -> None:
        self._ray = ray
        self._ref = task.remote(job, request)

    def result(self) -> Answered:
        """Wait for its end.

        Raises:
            RunStoppedError: it was cancelled.
            ClusterError: Ray gave up.
        """
        errors = self._ray.exceptions
        try:
            answered = self._ray.get(self._ref)
        except errors.TaskCancelledError:
            raise RunStoppedError("the batch was stopped; resume it") from None
        except errors.RayTaskError as error:
            if isinstance(error.cause, RunStoppedError):
                raise RunStoppedError("the batch was stopped; resume it") from None
            raise ClusterError(f"a node failed: {last_line(error)}") from error
        except errors.LocalRayletDiedError as error:
            raise ClusterError(
                "Ray's process on this machine is gone; start it again, and resume the batch"
            ) from error
        except errors.RayError as error:
            raise ClusterError(
                f"Ray started it {RETRIES + 1} times, and each time its worker or node was gone"
                f" ({type(error).__name__}: {last_line(error)}); look whether it needs more memory"
                " than a node has"
            ) from error
        if not isinstance(answered, Answered):
            raise ClusterError(f"a node answered with {type(answered).__name__}")
        return answered

    def drain(self) -> None:
        """Ask the run to stop after its current step."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            self._ray.cancel(self._ref)

    def stop(self) -> None:
        """Stop at once."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            self._ray.cancel(self._ref, force=True)


def _told(nodes: dict[str, list[str]]) -> str:
    """Say what keeps nodes from working, each problem once."""
    problems = []
    for problem, names in list(nodes.items())[:MAX_TOLD]:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        problems.append(f"node {names[0]}{more}: {problem}")
    left = len(nodes) - MAX_TOLD
    return "; ".join([*problems, *([f"and {left} more problems"] if left > 0 else [])])
