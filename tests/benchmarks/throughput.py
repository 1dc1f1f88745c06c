"""Many small runs, one, two and four at once, compared to ``docker run``."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sandbox import DockerSandbox, SandboxPolicy
from sandbox.image import image_tag
from tests.benchmarks.measuring import Findings, Row, Scale, interleaved, ratio
from tests.benchmarks.plain_containers import docker_run, engine_cores, run_cold
from tests.benchmarks.prepared import expect
from tests.benchmarks.sandbox_latency import SMALL

AT_ONCE = (1, 2, 4)
RUNS, BATCHES = 200, 10
NOTE = (
    "Without a pause between runs each waits for a container whose imports are a second or two of"
    " one core's work, whoever starts it: the cores bound the throughput, not the sandbox. Where a"
    " model thinks between runs, the import is done by then: see the warm run."
)


def measure(scale: Scale) -> Findings:
    """Measure 200 runs for each concurrency, in ten batches that take turns."""
    at_once = (2,) if scale.quick else AT_ONCE
    runs, cold_runs = scale.of(RUNS // BATCHES, 2), 2
    command = docker_run(image_tag(), SandboxPolicy(), engine_cores())

    def cold() -> None:
        expect(run_cold(command, SMALL) == "6\n")

    with contextlib.ExitStack() as stack:
        contenders = {}
        for number in at_once:
            sandbox = stack.enter_context(DockerSandbox(warm=number))

            def ours(sandbox: DockerSandbox = sandbox) -> None:
                expect(sandbox.run(SMALL, returns=["total"]).variables["total"] == 6)

            contenders[_name("ours", number)] = batch(ours, runs, number)
            contenders[_name("docker run", number)] = batch(cold, cold_runs, number)
        samples = interleaved(contenders, scale.of(BATCHES, 1), warm_up=False)
    findings = Findings([_row(samples, number, runs * scale.of(BATCHES, 1)) for number in at_once])
    findings.notes = [NOTE]
    findings.samples = {f"{name}, seconds a run": times for name, times in samples.items()}
    return findings


def batch(run: Callable[[], None], runs: int, at_once: int) -> Callable[[], float]:
    """Make a contender that does ``runs`` runs, some at once, and returns the seconds per run."""

    def contender() -> float:
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as threads:
            for done in [threads.submit(run) for _ in range(runs)]:
                done.result()
        return (time.perf_counter() - started) / runs

    return contender


def _name(who: str, at_once: int) -> str:
    return f"{who}, {at_once} at once"


def _row(samples: dict[str, list[float]], at_once: int, runs: int) -> Row:
    ours, cold = samples[_name("ours", at_once)], samples[_name("docker run", at_once)]
    return Row(
        f"{runs} small runs, {at_once} at once, containers prepared meanwhile",
        f"{1 / statistics.median(ours):.3g} a second",
        f"{1 / statistics.median(cold):.3g} a second by `docker run`",
        f"{ratio(cold, ours):.3g} × faster",
    )
