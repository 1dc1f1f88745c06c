"""Many small runs without pauses, beside ``docker run`` with the same imports; waiting memory."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sandbox import DockerSandbox, SandboxPolicy
from sandbox.image import image_tag
from tests.benchmarks.measuring import Findings, Row, Scale, interleaved, megabytes, ratio
from tests.benchmarks.plain_containers import docker_run, engine_cores, run_cold
from tests.benchmarks.prepared import PreparedSandbox, expect

SMALL = """\
import pandas as pd
total = int(pd.Series([1, 2, 3]).sum())
print(total)
"""
AT_ONCE = (1, 2, 4)
RUNS = 200
WAITING = 8
GOAL = 2.2
DOCKER_RUN, COLD = "by `docker run`", "ours, nothing prepared"
BOUND = "the engine's own work for a container, and the import of pandas: see the note"
NOTE = (
    "Small runs without pauses: each batch starts with untimed runs, so that nothing was prepared"
    " during another contender's turn. One container costs the engine 0.12 s of one core, Python"
    " and the import of pandas 0.35 s, our program 0.05 s: containers prepared by all cores are"
    " what makes runs in a row faster than `docker run`, which waits for each. With more runs at"
    " once than cores, preparing can't add anything."
)


def measure(scale: Scale) -> Findings:
    """Measure so many runs for each concurrency, in batches that take turns."""
    at_once = (2,) if scale.quick else AT_ONCE
    batches = scale.rounds
    runs = scale.of(max(4, (scale.count or RUNS) // batches), 2)
    fewer = scale.of(max(4, runs // 4), 1)
    command = docker_run(image_tag(), SandboxPolicy(), engine_cores())

    @contextlib.contextmanager
    def plain() -> Iterator[Callable[[], None]]:
        yield lambda: expect(run_cold(command, SMALL) == "6\n")

    contenders = {}
    for number in at_once:
        contenders[_name("ours", number)] = batch(partial(_ours, max(2, number)), runs, number)
        contenders[_name(COLD, number)] = batch(partial(_ours, 0), fewer, number)
        contenders[_name(DOCKER_RUN, number)] = batch(plain, fewer, number)
    samples = interleaved(contenders, batches, warm_up=False)
    rows = [row for number in at_once for row in _rows(samples, number, runs * batches)]
    findings = Findings([*rows, _memory(2 if scale.quick else WAITING)], notes=[NOTE])
    findings.samples = {f"{name}, seconds a run": times for name, times in samples.items()}
    return findings


@contextlib.contextmanager
def _ours(warm: int) -> Iterator[Callable[[], None]]:
    with DockerSandbox(warm=warm) as sandbox:

        def run() -> None:
            expect(sandbox.run(SMALL, returns=["total"]).variables["total"] == 6)

        for _ in range(warm + 1):
            run()
        yield run


def batch(
    contender: Callable[[], contextlib.AbstractContextManager[Callable[[], None]]],
    runs: int,
    at_once: int,
) -> Callable[[], float]:
    """Do ``runs`` runs of a contender, some at once; return the seconds for each.

    A contender is set up before, and leaves nothing that works during another one's turn.
    """

    def timed() -> float:
        with contender() as run, ThreadPoolExecutor(at_once) as threads:
            started = time.perf_counter()
            for done in [threads.submit(run) for _ in range(runs)]:
                done.result()
            return (time.perf_counter() - started) / runs

    return timed


def _name(who: str, at_once: int) -> str:
    return f"{who}, {at_once} at once"


def _rows(samples: dict[str, list[float]], at_once: int, runs: int) -> Iterator[Row]:
    ours = samples[_name("ours", at_once)]
    what = f"{runs} small pandas runs without pauses, {at_once} at once"
    for who, goal in ((DOCKER_RUN, GOAL if at_once == 1 else None), (COLD, 1.0)):
        beside = samples[_name(who, at_once)]
        times = ratio(beside, ours)
        yield Row(
            what,
            f"{1 / statistics.median(ours):.3g} a second",
            f"{1 / statistics.median(beside):.3g} a second {who}",
            f"{times:.3g} × faster",
            "" if goal is None else f"≥ {goal:g} × faster",
            None if goal is None else times >= goal,
            BOUND,
        )


def _memory(count: int) -> Row:
    with PreparedSandbox(warm=count) as sandbox:
        sandbox.wait()
        taken = sandbox.memory_bytes()
    return Row(
        f"{count} containers waiting, the usual libraries imported: memory",
        f"{megabytes(sum(taken))} together",
        f"{megabytes(max(taken))} the largest",
        "",
    )
