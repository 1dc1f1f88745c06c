"""Hundreds of requests in one process, many at once: what grows, and how long each takes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import Any

from tests.benchmarks.measuring import Findings, Row, Scale, megabytes, seconds

REQUESTS, THREADS, BATCHES = 500, 32, 10
QUICK_REQUESTS, QUICK_THREADS, QUICK_BATCHES = 12, 6, 3
WARM_UP = 3
"""Batches that don't count for growth: libraries, pools and the write-ahead logs grow to their
size."""
KINDS = ("descriptors", "threads", "processes", "containers", "temporary files")
FLAT_BYTES = 30e6
"""Of memory, for a thousand requests: less than the samples vary by."""
NOTE = (
    "Load: every second request is an `AgentWorkflow` with everything of its own, the others invoke"
    " one graph. The model answers at once, each request has one container and one line of code."
    " Growth is the slope of a line through what was seen at rest after each batch but the first"
    f" {WARM_UP}, after `gc.collect()`."
)


def measure(scale: Scale) -> Findings:
    """Make the requests in a new process."""
    n_requests = scale.count or scale.of(REQUESTS, QUICK_REQUESTS)
    n_threads = scale.threads or scale.of(THREADS, QUICK_THREADS)
    n_batches = scale.of(BATCHES, QUICK_BATCHES)
    found = loaded(n_requests, n_threads, n_batches)
    seen, each = found["seen"], n_requests / n_batches
    samples = {
        f"{kind}, after each batch": [float(look[kind]) for look in seen] for kind in seen[0]
    }
    grown = {
        kind: slope(values[WARM_UP if len(values) > 2 * WARM_UP else 1 :]) / each * 1000
        for kind, values in ((kind, samples[f"{kind}, after each batch"]) for kind in seen[0])
    }
    samples["seconds a request"] = found["seconds"]
    name = f"{n_requests} requests from {n_threads} threads"
    return Findings(
        [*latency(name, found), *growth(name, found, grown)], samples, [NOTE], left(found)
    )


def loaded(n_requests: int, n_threads: int, n_batches: int) -> dict[str, Any]:
    """Make the requests in a process that does nothing else."""
    numbers = map(str, (n_requests, n_threads, n_batches))
    command = [sys.executable, "-m", "tests.benchmarks.load_child", *numbers]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the process under load failed: exit code {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def latency(name: str, found: dict[str, Any]) -> list[Row]:
    """Make the rows of how long requests take."""
    times = found["seconds"]
    parts = statistics.quantiles(times, n=100, method="inclusive")
    rate = f"{len(times) / found['busy_s']:.3g} a second"
    shown = " / ".join(seconds(parts[percent - 1]) for percent in (50, 95, 99))
    return [Row(f"{name}: p50 / p95 / p99 of a request", shown, "", rate)]


def growth(name: str, found: dict[str, Any], grown: dict[str, float]) -> list[Row]:
    """Make the rows of what a thousand requests more would add."""
    first, last = found["seen"][0], found["seen"][-1]
    rows = [
        Row(
            f"{name}: {kind} at rest",
            f"{first[kind]} before, {last[kind]} after",
            "",
            f"{grown[kind]:+.3g} per 1,000",
        )
        for kind in KINDS
    ]
    rss, disk = grown["rss bytes"], grown["disk bytes"]
    rows.append(
        Row(
            f"{name}: resident memory at rest",
            f"{megabytes(first['rss bytes'])} before, {megabytes(last['rss bytes'])} after",
            "",
            f"{rss / 1e6:+.3g} MB per 1,000",
            f"≤ {FLAT_BYTES / 1e6:g} MB",
            rss <= FLAT_BYTES,
        )
    )
    a_run = found["end"]["disk bytes"] / len(found["seconds"])
    return [
        *rows,
        Row(
            f"{name}: state folder (runs are kept, each with one checkpoint)",
            f"{a_run:,.0f} B a run",
            "",
            f"{disk / 1e6:+.3g} MB per 1,000",
        ),
    ]


def left(found: dict[str, Any]) -> list[str]:
    """List what is there at the end and wasn't at the start."""
    first, end = found["seen"][0], found["end"]
    more = [f"{end[kind]} {kind}, not {first[kind]}" for kind in KINDS if end[kind] > first[kind]]
    waiting = [look["containers"] for look in found["seen"] if look["containers"]]
    return more + [f"{number} containers left after a batch" for number in waiting]


def slope(values: list[float]) -> float:
    """Fit a line and return how much it rises from one value to the next."""
    return statistics.linear_regression(range(len(values)), values).slope
