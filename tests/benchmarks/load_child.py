"""``python -m tests.benchmarks.load_child REQUESTS THREADS BATCHES``: many requests in one process.

Every second request is an ``AgentWorkflow`` with a sandbox of its own, the others invoke one
graph with one sandbox. After each batch everything comes to rest and the process is looked at.
Prints JSON: the seconds of each request, and what was seen at the start, after each batch and
after everything was closed.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker

from graph_agent import AgentWorkflow, CodeGenerationRequest, build_graph
from graph_agent.checkpoints import open_checkpoints
from graph_agent.config.settings import Settings
from graph_agent.results.result import result_from
from graph_agent.runs.state_size import folder_bytes
from sandbox import DockerSandbox, VariableStore
from sandbox.image.spec import ROLE_LABEL
from sandbox.owner import OWNER_LABEL, Owner
from tests.benchmarks.instant import InstantModel
from tests.benchmarks.prepared import expect

REST_S = 30.0
CODE = "total = sum(range(n))"
Request = Callable[[int], int]


def main(n_requests: int, n_threads: int, n_batches: int) -> None:
    """Make the requests and print what was seen."""
    with tempfile.TemporaryDirectory(prefix="codegen-agent-bench-") as folder:
        settings = Settings(state_dir=Path(folder, "state"), cache_dir=Path(folder, "cache"))
        os.environ["TMPDIR"] = folder
        tempfile.tempdir = None
        print(json.dumps(loaded(settings, n_requests, n_threads, n_batches)))


def loaded(settings: Settings, n_requests: int, n_threads: int, n_batches: int) -> dict[str, Any]:
    """Make the requests in batches, and look once more when everything is closed."""
    with contextlib.closing(docker.from_env()) as client:
        batches = [range(batch, n_requests, n_batches) for batch in range(n_batches)]
        with contextlib.ExitStack() as stack:
            found = in_batches(client, settings, stack, batches, n_threads)
        return {**found, "end": at_rest(client, settings)}


def in_batches(
    client: Any,
    settings: Settings,
    stack: contextlib.ExitStack,
    batches: list[range],
    n_threads: int,
) -> dict[str, Any]:
    """Make the requests; what they share is closed by the stack, and collected afterwards."""
    ways = [by_workflow(settings), by_graph(settings, stack)]
    for way in ways:  # what is made once in a process
        way(batches[0].stop)
    seconds, seen, busy_s = list[float](), [at_rest(client, settings)], 0.0
    for numbers in batches:
        started = time.perf_counter()
        with ThreadPoolExecutor(n_threads) as threads:
            tasks = [threads.submit(timed, ways[number % 2], number) for number in numbers]
            seconds += [task.result() for task in tasks]
        busy_s += time.perf_counter() - started
        seen.append(at_rest(client, settings))
    return {"seconds": seconds, "busy_s": busy_s, "seen": seen}


def by_workflow(settings: Settings) -> Request:
    """Return what makes a request with everything of its own."""

    def ask(number: int) -> int:
        request = CodeGenerationRequest("Add up the numbers below n", {"n": number})
        result = AgentWorkflow(request, InstantModel(code=CODE), settings=settings).run_sync()
        return int(result.variables["total"])

    return ask


def by_graph(settings: Settings, stack: contextlib.ExitStack) -> Request:
    """Return what makes a request to one graph for all."""
    store = VariableStore(settings.state_dir / "variables")
    sandbox = stack.enter_context(DockerSandbox(store=store))
    saver = stack.enter_context(open_checkpoints(settings))
    model = InstantModel(code=CODE)
    graph = build_graph(model, saver, sandbox=sandbox, store=store, settings=settings)

    def ask(number: int) -> int:
        request = CodeGenerationRequest("Add up the numbers below n", {"n": number})
        config: Any = {"configurable": {"thread_id": f"graph-{number}"}}
        output = graph.invoke(request.to_input(store), config)
        saver.prune([f"graph-{number}"])  # a workflow does it by itself
        variables = result_from(output, store, f"graph-{number}").variables
        return int(variables["total"])

    return ask


def timed(ask: Request, number: int) -> float:
    """Make a request, check its answer, and return the seconds it took."""
    started = time.perf_counter()
    expect(ask(number) == number * (number - 1) // 2)
    return time.perf_counter() - started


def at_rest(client: Any, settings: Settings) -> dict[str, int]:
    """Wait until nothing changes any more, and look at the process."""
    deadline = time.monotonic() + REST_S
    before, now = None, resting(client)
    while (now != before or now["containers"]) and time.monotonic() < deadline:
        time.sleep(0.5)
        before, now = now, resting(client)
    status = Path("/proc/self/status").read_text().splitlines()
    rss_kb = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    disk = folder_bytes(settings.state_dir)
    temporary = len(list(settings.state_dir.parent.iterdir()))
    return {**now, "rss bytes": rss_kb * 1024, "disk bytes": disk, "temporary files": temporary}


def resting(client: Any) -> dict[str, int]:
    """Count what should come to rest: descriptors, threads, child processes, containers."""
    gc.collect()  # what is closed by its finalizer
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    return {
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "threads": threading.active_count(),
        "processes": len(children.read_text().split()),
        "containers": len(own_containers(client)),
    }


def own_containers(client: Any) -> list[str]:
    """List this process's containers, in any state."""
    filters = {"label": [f"{ROLE_LABEL}=run", f"{OWNER_LABEL}={Owner.of(os.getpid())}"]}
    return [listed["Id"] for listed in client.api.containers(all=True, filters=filters)]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
