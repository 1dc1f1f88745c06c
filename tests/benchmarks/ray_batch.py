"""A batch on a Ray cluster of two nodes on this machine; workers and nodes are killed."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from graph_agent.batch.running import Batch, run_batch
from graph_agent.checkpoints import list_runs, open_checkpoints
from graph_agent.config.settings import load_settings
from graph_agent.langgraph_internals import first_id_at
from tests.benchmarks.measuring import Findings, Row, Scale, seconds
from tests.graph_agent.batch.numbers import KEY, NumberServer, line, write_lines
from tests.postgres_server import account, programs, running_server
from tests.ray_cluster import RayNodes, running_cluster

MODEL = "gemini-2.5-flash"
RUNS = 2
"""On each node at once."""
WRITERS = 4
NOTE = (
    "Both nodes are on the same two cores, so a second one adds processes, not machines. Overhead:"
    " the time of a request on one node with Ray, less the time without Ray, both {RUNS} at once"
    " on Postgres. Kills: SIGKILL of a worker process, or of every process of a node, which another"
    " one then replaces. A repeat is a question that the model's server got more than once; an"
    " answer that was under way at a kill can't be kept."
).replace("{RUNS}", str(RUNS))


@dataclass
class Seen:
    """What the kills did."""

    kills: Counter[str] = field(default_factory=Counter)
    batches: int = 0
    requests: int = 0
    lost: list[str] = field(default_factory=list)
    repeats: int = 0
    resumed: int = 0


def measure(scale: Scale) -> Findings:
    """Measure throughput with no, one and two nodes, then kill."""
    bin_, user = programs(), account()
    if bin_ is None or user is None:
        raise RuntimeError("no Postgres server here")
    with (
        tempfile.TemporaryDirectory(prefix="codegen-agent-bench-") as text,
        running_server(bin_, user, keeps_commits=True) as postgres,
        postgres.database() as url,
        NumberServer(delay_s=0.2) as server,
        _environment(Path(text), url, server.url),
    ):
        folder, count = Path(text), scale.of(24, 2)
        times = {"without Ray": _timed(folder, "none", count, None)}
        with running_cluster(folder / "nodes") as nodes:
            nodes.start("a", RUNS)
            _timed(folder, "first", 2, nodes)  # workers start, and load what they need
            times["one node"] = _timed(folder, "one", count, nodes)
            nodes.start("b", RUNS)
            _timed(folder, "second", 2 * RUNS, nodes)
            times["two nodes"] = _timed(folder, "two", count, nodes)
            seen = _killed(folder, nodes, server, scale)
        writes, size = _writes_per_s(scale.of(5, 1))
    return _findings(times, count, seen, writes, size)


@contextlib.contextmanager
def _environment(folder: Path, database: str, model: str) -> Iterator[None]:
    given = {
        "CODEGEN_AGENT_STATE": str(folder / "state"),
        "CODEGEN_AGENT_CHECKPOINTS": database,
        "CODEGEN_AGENT_SHARED_STORE": f"file://{folder}/shared",
        "GOOGLE_GEMINI_BASE_URL": model,
        "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY,
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _batch(folder: Path, name: str, numbers: range, nodes: RayNodes | None) -> Batch:
    (folder / "table.csv").write_text("x\n1\n2\n")
    lines = [line(number, variables={"t": "table.csv"}) for number in numbers]
    path = write_lines(folder / f"{name}.jsonl", lines)
    out = folder / name
    out.mkdir(exist_ok=True)
    ray = None if nodes is None else nodes.address
    at_once = RUNS if nodes is None else None
    return run_batch(path, MODEL, out=out, resume=True, ray=ray, concurrency=at_once)


def _timed(folder: Path, name: str, count: int, nodes: RayNodes | None) -> list[float]:
    """Run a batch and return the seconds of each of its requests, without its start."""
    begun: list[float] = []
    lines = [line(number, variables={"t": "table.csv"}) for number in range(count)]
    (folder / "table.csv").write_text("x\n1\n2\n")
    path = write_lines(folder / f"{name}.jsonl", lines)
    ray = None if nodes is None else nodes.address
    at_once = RUNS if nodes is None else None
    batch = run_batch(
        path,
        MODEL,
        out=folder / name,
        ray=ray,
        concurrency=at_once,
        on_step=lambda step: begun.append(time.perf_counter()),
    )
    if len(batch.results) != count:
        raise RuntimeError(f"{batch.unfinished}")
    return [end - start for start, end in itertools.pairwise(begun)]


def _killed(folder: Path, nodes: RayNodes, server: NumberServer, scale: Scale) -> Seen:
    """Kill at random moments while batches run, until there were enough kills."""
    wanted, seen, chance = scale.count or scale.of(20, 1), Seen(), random.Random(scale.seed)
    number = 1000
    while sum(seen.kills.values()) < wanted:
        numbers = range(number, number + scale.of(16, 4))
        number = numbers.stop
        over = threading.Event()
        killer = threading.Thread(target=_kill, args=(nodes, over, chance, seen, wanted))
        killer.start()
        before = len(server.requests)
        name = f"kills-{seen.batches}"
        batch = _batch(folder, name, numbers, nodes)
        over.set()
        killer.join()
        while batch.unfinished:
            seen.resumed += len(batch.unfinished)
            print(batch.unfinished, flush=True)
            batch = _batch(folder, name, numbers, nodes)
            if len(batch.unfinished) == len(numbers):
                break
        seen.batches += 1
        seen.requests += len(numbers)
        answers = {each.id: each.answer for each in batch.results}
        seen.lost += [f"n{n}: {answers.get(f'n{n}')}" for n in numbers if answers.get(f"n{n}") != n]
        seen.repeats += len(server.requests) - before - len(numbers)
    return seen


def _kill(
    nodes: RayNodes, over: threading.Event, chance: random.Random, seen: Seen, wanted: int
) -> None:
    while not over.wait(chance.uniform(1, 8)) and sum(seen.kills.values()) < wanted:
        name = chance.choice(nodes.names)
        if chance.random() < 0.7:
            seen.kills["worker"] += nodes.kill_worker(name, chance.random())
        else:
            nodes.kill(name)
            seen.kills["node"] += 1
            nodes.start(f"{name[0]}{sum(seen.kills.values())}", RUNS)


def _writes_per_s(limit_s: float) -> tuple[list[float], int]:
    """Write a real run's checkpoint from several threads; return writes a second, and its size."""
    settings = load_settings()
    with open_checkpoints(settings) as saver:
        run = list_runs(saver)[0]
        saved = saver.get_tuple({"configurable": {"thread_id": run.thread_id}})
        assert saved is not None
        size = len(saver.serde.dumps_typed(saved.checkpoint)[1])
    counts: list[int] = []

    def write(writer: int) -> None:
        import datetime

        done = 0
        with open_checkpoints(settings) as saver:
            end = time.monotonic() + limit_s
            while time.monotonic() < end:
                place = {"thread_id": f"writer-{writer}-{done // 8}", "checkpoint_ns": ""}
                versions = dict.fromkeys(("attempts", "decision"), f"{done:032}.{writer}")
                checkpoint = {
                    **saved.checkpoint,
                    "id": first_id_at(datetime.datetime.now(datetime.UTC)),
                    "channel_versions": {**saved.checkpoint["channel_versions"], **versions},
                }
                saver.put({"configurable": place}, checkpoint, saved.metadata, versions)
                done += 1
        counts.append(done)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [sum(counts) / limit_s], size


def _findings(
    times: dict[str, list[float]], count: int, seen: Seen, writes: list[float], size: int
) -> Findings:
    rates = {name: len(each) / sum(each) for name, each in times.items()}
    overhead = RUNS * (statistics.mean(times["one node"]) - statistics.mean(times["without Ray"]))
    kills = sum(seen.kills.values())
    violations = [f"lost: {each}" for each in seen.lost]
    if seen.repeats > 2 * RUNS * kills:
        violations.append(f"{seen.repeats} questions repeated after {kills} kills")
    without = f"{rates['without Ray']:.2f} a second without Ray"
    rows = [
        Row(
            f"{count} requests on one node, {RUNS} at once",
            f"{rates['one node']:.2f} a second",
            without,
            f"{seconds(overhead)} more a request",
        ),
        Row(
            f"{count} requests on two nodes, {RUNS} at once on each",
            f"{rates['two nodes']:.2f} a second",
            without,
            f"{rates['two nodes'] / rates['one node']:.2f} × one node",
        ),
        Row(
            f"{seen.requests} requests, {seen.kills['worker']} workers and {seen.kills['node']}"
            " nodes killed at random moments",
            f"{len(seen.lost)} lost, {seen.repeats} questions repeated",
            "",
            f"{seen.resumed} needed --resume",
            "0 lost",
            not violations,
        ),
        Row(
            f"checkpoints of {size:,} B into one Postgres, {WRITERS} connections, fsync off",
            f"{writes[0]:.0f} a second",
            "",
            "",
        ),
    ]
    samples = {f"{name}, seconds from result to result": each for name, each in times.items()}
    return Findings(rows, samples, [NOTE], violations)
