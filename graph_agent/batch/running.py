"""Runs many requests through the whole graph and sandbox; a killed batch can be resumed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict, Unpack

from langchain_core.language_models import BaseChatModel

from graph_agent.batch.answering import Answering
from graph_agent.batch.folder import alone_in, new_folder, our_version
from graph_agent.batch.journal import Journal, RequestResult, Setup, Unfinished
from graph_agent.batch.metrics import MetricsFile
from graph_agent.batch.on_ray.placing import RayAnswering, check_settings, on_cluster
from graph_agent.batch.requests import BatchRequest, given_requests, read_requests
from graph_agent.batch.side_by_side import ActiveRuns, SideBySide
from graph_agent.batch.totals import Totals
from graph_agent.batch.values import FileOptions
from graph_agent.budget import Budget, checked_candidates
from graph_agent.config.postgres_url import shown
from graph_agent.config.settings import Settings, load_settings
from graph_agent.errors import RequestError, RunStoppedError
from graph_agent.from_settings import check_client, policy_from
from graph_agent.models import default_model, profile_of
from graph_agent.progress.following import DRAIN_S
from graph_agent.records import Json
from graph_agent.request import CodeGenerationRequest
from sandbox import DockerSandbox
from sandbox.protocol import Sandbox

__all__ = ["Batch", "BatchOptions", "BatchStep", "arun_batch", "run_batch"]

CONCURRENCY = 4
TROUBLES_IN_A_ROW = 3
"""So many requests in a row without a result for the environment's sake end a batch, or
``concurrency`` if that is more: an engine or a server that is gone stops them all at once."""

Requests = Path | str | Mapping[str, CodeGenerationRequest]
Found = RequestResult | Unfinished


@dataclass(frozen=True)
class BatchStep:
    """How far a batch is.

    ``done``: requests with a result, ``solved`` of them. ``found``: what just became of a
    request, if anything. ``stopping``: it was interrupted, and the current steps may end.
    """

    done: int
    solved: int
    total: int
    folder: Path
    found: Found | None = None
    stopping: bool = False


@dataclass(frozen=True)
class Batch:
    """A batch as far as it went.

    ``summary``: its totals, as summary.json has them. ``results``: of the requests that ran to
    their end, in the requests' order. ``unfinished``: those without a result, and why; resuming
    continues them. ``folder``: where all of it is.
    """

    summary: Json
    results: tuple[RequestResult, ...]
    unfinished: tuple[Unfinished, ...]
    folder: Path


class BatchOptions(TypedDict, total=False):
    """The keyword options of :func:`run_batch`, which describes them."""

    concurrency: int | None
    out: Path | str | None
    resume: bool
    max_attempts: int | None
    candidates: int | None
    metrics: Path | str | None
    settings: Settings | None
    sandbox: Sandbox | None
    files: FileOptions
    ray: str | None
    on_step: Callable[[BatchStep], object]


def run_batch(
    requests: Requests,
    client: BaseChatModel | str | None = None,
    **options: Unpack[BatchOptions],
) -> Batch:
    """Answer many requests, several at once; each is a run of its own that can be resumed.

    Results are appended to the folder's results.jsonl one by one. After a kill, ``resume``
    continues there: no request is lost, and no answer of a model is paid for twice. Requests
    that the machine, the model's server or their data kept from a result are in
    unfinished.jsonl, and are tried again when the batch is resumed.

    Args:
        requests: the path of a JSONL file, or requests by id.
        client: a chat model or a model's name; None: as for a single run.
        options: all of these are optional.

            - concurrency: how many requests are worked on at once; None: 4, or with ``ray``
              as many as its nodes take.
            - out: the batch's folder; None: a new one in the state folder.
            - resume: continue the batch in ``out``; start it if that folder is empty.
            - max_attempts, candidates: for requests that don't say; None: the settings.
            - metrics: a file for Prometheus metrics, which is replaced after each step.
            - settings: None: read from the environment.
            - sandbox: None: Docker with the limits from the settings.
            - files: how the variables' files are read.
            - ray: the address of a Ray cluster whose nodes answer the requests: ``auto`` or
              ``host:port``. The settings name a Postgres database and a shared store.
            - on_step: told about each finished request, and once before the first.

    Raises:
        RequestError: a request or an argument is unusable, or ``out`` holds something else.
        ModelSetupError: the model can't be used.
        SandboxUnavailableError: code can't be run here.
        OutputError: ``out`` can't be written.
        ClusterError: the Ray cluster can't be used; then nothing was started.
    """
    return _Running(requests, client, ActiveRuns(), **options).run()


async def arun_batch(
    requests: Requests,
    client: BaseChatModel | str | None = None,
    **options: Unpack[BatchOptions],
) -> Batch:
    """Do the same as :func:`run_batch` without blocking the event loop.

    If it is cancelled, the runs stop, and the batch can be resumed.
    """
    runs = ActiveRuns()
    work = asyncio.create_task(
        asyncio.to_thread(lambda: _Running(requests, client, runs, **options).run())
    )
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.to_thread(runs.stop)
        with contextlib.suppress(Exception):  # above all that it was stopped
            await work
        raise


class _Running:
    """One start of a batch."""

    def __init__(
        self,
        requests: Requests,
        client: BaseChatModel | str | None,
        runs: ActiveRuns,
        **options: Unpack[BatchOptions],
    ) -> None:
        known = BatchOptions.__annotations__
        if unknown := [name for name in options if name not in known]:
            raise TypeError(f"a batch takes {', '.join(known)}, not {', '.join(unknown)}")
        self._settings = options.get("settings") or load_settings()
        at_once = self._concurrency = options.get("concurrency")
        if at_once is not None and (type(at_once) is not int or at_once < 1):
            raise RequestError(f"concurrency is a number from 1 on, not {at_once!r}")
        self._resume, out = options.get("resume", False), options.get("out")
        if self._resume and out is None:
            raise RequestError("name the folder of the batch to resume with --out (out=…)")
        self._client = client
        self._runs = runs
        self._sandbox = options.get("sandbox")
        self._files = options.get("files") or FileOptions()
        self._ray = options.get("ray")
        if self._ray is not None:
            self._check_ray(client)
        self._metrics_path = options.get("metrics")
        self._on_step = options.get("on_step") or (lambda step: None)
        self._requests = self._read(requests)
        limited = [request.id for request in self._requests if request.has_limits]
        if limited and self._sandbox is not None:
            raise RequestError(
                f"request {limited[0]!r} has a timeout or a memory limit of its own, and a batch"
                " with a given sandbox can't change its limits; leave one of them out"
            )
        self._setup = self._new_setup(options)
        name = Path(requests).stem if isinstance(requests, (Path, str)) else "batch"
        self._journal = Journal(
            new_folder(self._settings, "batches", name) if out is None else Path(out)
        )
        self._found: dict[str, Found] = {}
        self._totals = Totals(len(self._requests))
        self._metrics: MetricsFile | None = None
        self._troubles = 0

    def _check_ray(self, client: BaseChatModel | str | None) -> None:
        check_settings(self._settings)
        if isinstance(client, BaseChatModel) or self._sandbox is not None:
            raise RequestError(
                "on Ray each node makes its own client and sandbox: give a model's name, and leave"
                " the sandbox out"
            )

    def _read(self, requests: Requests) -> list[BatchRequest]:
        if isinstance(requests, (Path, str)):
            trusted = self._files.trust_pickle
            return read_requests(Path(requests), self._settings, trust_pickle=trusted)
        return given_requests(requests)

    def _new_setup(self, options: BatchOptions) -> Setup:
        check_client(self._client)
        attempts, programs = options.get("max_attempts"), options.get("candidates")
        attempts = self._settings.max_attempts if attempts is None else attempts
        programs = self._settings.candidates if programs is None else programs
        Budget.read({"attempts": attempts})
        model = self._client
        if isinstance(model, BaseChatModel):
            model = profile_of(model).name
        return Setup(
            run=secrets.token_hex(6),
            version=our_version(),
            model=model or default_model(self._settings),
            max_attempts=attempts,
            candidates=checked_candidates(programs),
            state=_where_saved(self._settings),
            requests={request.id: request.digest for request in self._requests},
        )

    def run(self) -> Batch:
        """Run what has no result yet."""
        journal = self._journal
        if self._resume:
            journal.check_resumable()
        with contextlib.ExitStack() as stack:
            stack.enter_context(alone_in(journal.folder))
            begin = journal.resumed if self._resume else journal.first
            setup = begin(self._setup)
            self._found = {result.id: result for result in journal.results()}
            self._totals = Totals.of(len(self._requests), self._found.values())
            if self._metrics_path is not None:
                self._metrics = MetricsFile(Path(self._metrics_path), self._totals)
            open_ = [request for request in self._requests if request.id not in self._found]
            if open_:
                answering = stack.enter_context(self._answering(setup, len(open_)))
                # The model and the sandbox are checked before the folder is written to.
                answering.check(open_)
                journal.start(setup)
                stack.callback(self._runs.stop)
                self._answer(open_, answering)
            return self._ended(setup)

    @contextlib.contextmanager
    def _answering(self, setup: Setup, count: int) -> Iterator[Answering | RayAnswering]:
        """Yield what answers ``count`` requests: this machine, or a cluster."""
        folder, runs = self._journal.folder, self._runs
        if self._ray is not None:
            shared = (setup, self._settings, folder, runs, self._files)
            with on_cluster(self._ray, *shared) as on_nodes:
                self._concurrency = self._concurrency or on_nodes.concurrency
                yield on_nodes
            return
        warm = min(self._concurrency or CONCURRENCY, count)
        with contextlib.ExitStack() as stack:
            box = self._sandbox or stack.enter_context(
                DockerSandbox(policy_from(self._settings), warm=warm)
            )
            client = self._client
            yield Answering(setup, client, self._settings, box, folder, runs, self._files)

    def _answer(
        self, requests: Iterable[BatchRequest], answering: Answering | RayAnswering
    ) -> None:
        at_once = self._concurrency or CONCURRENCY
        jobs = SideBySide((partial(answering.answer, request) for request in requests), at_once)
        self._tell()
        try:
            for future in jobs:
                self._take(future)
                if self._runs.stopped:
                    return
                if self._troubles >= max(TROUBLES_IN_A_ROW, at_once):
                    self._drain(jobs)
                    return
        except KeyboardInterrupt:
            self._tell(stopping=True)
            self._drain(jobs)
            raise

    def _drain(self, jobs: SideBySide[Found]) -> None:
        """Let the current steps end, so that an answer already paid for is kept."""
        self._runs.drain()
        for future in jobs.rest(DRAIN_S):
            self._take(future)

    def _take(self, future: Future[Found]) -> None:
        try:
            found = future.result()
        except RunStoppedError:
            if not self._runs.stopped:
                raise
            return
        self._journal.add(found)
        self._found[found.id] = found
        self._totals.add(found)
        is_trouble = isinstance(found, Unfinished) and found.kind == "environment"
        self._troubles = self._troubles + 1 if is_trouble else 0
        self._tell(found)

    def _tell(self, found: Found | None = None, *, stopping: bool = False) -> None:
        if self._metrics is not None:
            self._metrics.update()
        done, folder = self._totals, self._journal.folder
        step = BatchStep(done.done, done.solved, done.requests, folder, found, stopping)
        self._on_step(step)

    def _ended(self, setup: Setup) -> Batch:
        summary = {"model": setup.model, "version": our_version(), **self._totals.to_json()}
        self._journal.summarize(json.dumps(summary, indent=2) + "\n")
        found = [self._found[each.id] for each in self._requests if each.id in self._found]
        return Batch(
            summary,
            tuple(each for each in found if isinstance(each, RequestResult)),
            tuple(each for each in found if isinstance(each, Unfinished)),
            self._journal.folder,
        )


def _where_saved(settings: Settings) -> str:
    """Say where runs are saved: with a database, whatever machine they run on."""
    if settings.checkpoints is None:
        return str(settings.state_dir.absolute())
    return shown(settings.checkpoints.get_secret_value())
