"""However a program ends, it ends soon, and no container of it stays."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import docker
import pytest
from jupyter_client.manager import KernelManager

from sandbox.owner import OWNER_LABEL, Owner
from tests.sandbox.containers.exit_programs import PROGRAMS, SANDBOX

pytestmark = pytest.mark.docker
EXIT_S = 15
"""It takes 3 s at most on an idle machine, and for ever where something hangs."""
LAST_S = 60
"""For everything before the last statement."""
GONE_S = 60
AT_ONCE = 2


@dataclass(frozen=True)
class Ended:
    """How a program ended. ``exit_s``: from its last statement on."""

    exit_s: float
    code: int | None
    errors: str
    pids: tuple[int, ...]


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    with contextlib.closing(docker.from_env()) as client:
        yield client


@pytest.fixture(scope="module")
def ended(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, Future[Ended]]]:
    """Run the selected programs, a few at a time."""
    selected = {
        item.callspec.params.get("name")
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    }
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield {
            name: threads.submit(run, program, tmp_path_factory.mktemp("state"))
            for name, program in PROGRAMS.items()
            if name in selected
        }


def run(program: str, state: Any) -> Ended:
    environ = {**os.environ, "CODEGEN_AGENT_STATE": str(state)}
    with subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    ) as process:
        assert process.stdout is not None
        lines: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()
        reader = threading.Thread(target=read, args=(process.stdout, lines), daemon=True)
        reader.start()
        assert process.stderr is not None
        errors: list[str] = []
        drain = threading.Thread(target=lambda: errors.append(process.stderr.read()), daemon=True)
        drain.start()
        try:
            process.wait(LAST_S)
        except subprocess.TimeoutExpired:
            process.kill()
        end = time.monotonic()
        reader.join(5)
        drain.join(5)
    printed = [lines.get() for _ in range(lines.qsize())]
    said = [at for line, at in printed if line == "last"]
    assert said, (printed, errors)
    forked = [int(line.split()[1]) for line, _ in printed if line.startswith("pid ")]
    return Ended(end - said[-1], process.returncode, "".join(errors), (process.pid, *forked))


def read(stream: Any, lines: queue.SimpleQueue[tuple[str, float]]) -> None:
    for line in stream:
        lines.put((line.strip(), time.monotonic()))


def containers_of(engine: Any, pids: tuple[int, ...]) -> list[Any]:
    here = Owner.of(os.getpid()).host
    return [
        container
        for container in engine.api.containers(all=True, filters={"label": OWNER_LABEL})
        if (owner := Owner.parse(container["Labels"][OWNER_LABEL])) is not None
        and (owner.host, owner.pid in pids) == (here, True)
    ]


def assert_gone(engine: Any, pids: tuple[int, ...]) -> None:
    deadline = time.monotonic() + GONE_S
    while left := containers_of(engine, pids):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one of the programs forks")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_at_once(engine: Any, ended: dict[str, Future[Ended]], name: str) -> None:
    end = ended[name].result()
    assert end.exit_s < EXIT_S, end
    assert end.code == {"exception": 1, "sys.exit": 3}.get(name, 0), end
    # Development mode also reports what Python 3.13 always does: streams closed out of order.
    assert "Exception ignored" not in end.errors, end.errors
    assert_gone(engine, end.pids)


def test_a_notebooks_kernel_restarts_at_once(engine: Any) -> None:
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=LAST_S)
        pids: list[str] = []
        reply = client.execute_interactive(
            SANDBOX + "sandbox = used()\nprint(os.getpid())",
            timeout=LAST_S,
            output_hook=lambda message: pids.append(message["content"].get("text", "")),
        )
        assert reply["content"]["status"] == "ok", reply
        began = time.monotonic()
        manager.shutdown_kernel(now=False, restart=True)
        assert time.monotonic() - began < EXIT_S
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert_gone(engine, (int("".join(pids)),))
