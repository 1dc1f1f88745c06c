"""The same run under gVisor and under runc, on the benchmark's own engine."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import Any

from sandbox import DockerSandbox, SandboxPolicy
from tests.benchmarks.measuring import Contender, Findings, Row, Scale, at_most, interleaved
from tests.benchmarks.prepared import expect
from tests.sandbox.engine.second_engine import IMAGE, second_engine

ARGUMENTS = ["--platform=ptrace", "--network=none"]
READY_S = 60
CODE = "print(sum(range(1000)))"


def measure(scale: Scale) -> Findings:
    """Measure runs in a small image without libraries, prepared and unprepared."""
    runsc = shutil.which("runsc")
    if runsc is None or os.geteuid() != 0 or not shutil.which("dockerd"):
        why = "not run: takes root, dockerd and runsc (`make test-servers`)"
        return Findings([Row("run under gVisor", "", "", why)], {"gvisor": [0.0]})
    runtimes = {"runsc": {"path": runsc, "runtimeArgs": ARGUMENTS}}
    with second_engine(None, runtimes) as (_, client):
        findings = Findings()
        for what, contender in (("warm", _warm), ("with nothing prepared", _cold)):
            contenders = {name: contender(client, name) for name in ("runsc", "runc")}
            times = interleaved(contenders, scale.rounds, warm_up=not scale.quick)
            findings.samples |= {f"{what}, {name}": seconds for name, seconds in times.items()}
            row = at_most(f"small run under gVisor's ptrace, {what}", times, "runsc", "runc")
            findings.rows.append(row)
    return findings


def _cold(client: Any, runtime: str) -> Contender:
    return lambda: _run(DockerSandbox(SandboxPolicy(runtime=runtime), client=client, image=IMAGE))


def _warm(client: Any, runtime: str) -> Contender:
    policy = SandboxPolicy(runtime=runtime)
    return lambda: _run(DockerSandbox(policy, client=client, image=IMAGE, warm=1), _wait)


def _wait(sandbox: DockerSandbox) -> None:
    deadline = time.monotonic() + READY_S
    waiting = sandbox._pool._waiting
    while not waiting or not waiting[0].lease.done():
        expect(time.monotonic() < deadline)
        time.sleep(0.02)
    waiting[0].lease.result().container.await_imports()


def _run(sandbox: DockerSandbox, before: Callable[[DockerSandbox], None] | None = None) -> float:
    with sandbox:
        sandbox.check()
        if before is not None:
            before(sandbox)
        started = time.perf_counter()
        run = sandbox.run(CODE)
        took = time.perf_counter() - started
    expect(run.stdout == "499500\n")
    return took
