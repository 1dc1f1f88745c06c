"""Nothing keeps running when the host process is killed, at whatever moment."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import DockerSandbox
from sandbox.containers.connections import TEMPORARY_PREFIX, remove_temporary_stores
from sandbox.owner import OWNER_LABEL, Owner

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system"),
]
GONE_S = 120
HOST = """
import sys, time
from sandbox import DockerSandbox, SandboxPolicy
kind = sys.argv[1]
policy = SandboxPolicy(start_timeout_s=300)
with DockerSandbox(policy, warm=2 if kind == "waiting" else 0) as sandbox:
    say = lambda *_: print("now", flush=True)
    if kind == "waiting":
        while not sandbox._pool._waiting or not all(
            entry.lease.done() for entry in sandbox._pool._waiting
        ):
            time.sleep(0.05)
        say()
        time.sleep(600)
    elif kind == "starting":
        sandbox.prepare()
        say()
        time.sleep(600)
    elif kind == "running":
        code = "import signal, time\\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\\n"
        code += "import subprocess\\nsubprocess.Popen(['sleep', '60'])\\n"
        code += "print('up')\\nwhile True: pass"
        sandbox.run(code, {"big": bytes(200_000)}, on_output=say)
    else:
        say()
        while True:
            sandbox.run("x = 1", {"big": bytes(200_000)})
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    with contextlib.closing(docker.from_env()) as client:
        yield client


def containers_of(engine: Any, owner: Owner) -> list[Any]:
    found = engine.api.containers(all=True, filters={"label": f"{OWNER_LABEL}={owner}"})
    return list(found)


@pytest.mark.parametrize(
    ("moment", "delay_s"),
    [
        ("waiting", 0),
        ("running", 0),
        ("running", 0.5),
        *(("starting", at / 10) for at in range(0, 20, 6)),
        *(("one after another", 0.3 + at / 10) for at in range(4)),
    ],
)
def test_containers_end_by_themselves(engine: Any, moment: str, delay_s: float) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOST, moment], stdout=subprocess.PIPE, text=True
    ) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == "now\n"
        owner = Owner.of(host.pid)
        time.sleep(delay_s)
        host.kill()
        host.wait()
        killed = time.monotonic()
    # A container that was created and not started loses no stream: the next sandbox removes it.
    while left := [
        container for container in containers_of(engine, owner) if container["State"] != "created"
    ]:
        assert time.monotonic() < killed + GONE_S, left
        time.sleep(0.1)
    with DockerSandbox() as sandbox:
        sandbox.prepare()
        deadline = time.monotonic() + GONE_S
        while left := [*containers_of(engine, owner), *stores_of(owner)]:
            assert time.monotonic() < deadline, left
            time.sleep(0.1)


def stores_of(owner: Owner) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"{TEMPORARY_PREFIX}{owner}-*"))


def test_a_temporary_store_in_use_stays() -> None:
    before = stores_of(Owner.of(os.getpid()))
    with DockerSandbox() as sandbox:
        assert sandbox.run("x = len(big)", {"big": bytes(200_000)}).ok
        (mine,) = set(stores_of(Owner.of(os.getpid()))) - set(before)
        assert mine not in remove_temporary_stores()
        assert mine.is_dir()
    assert not mine.exists()


def test_containers_of_another_living_process_stay(engine: Any) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOST, "waiting"], stdout=subprocess.PIPE, text=True
    ) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == "now\n"
        theirs = containers_of(engine, Owner.of(host.pid))
        with DockerSandbox(warm=1) as sandbox:
            assert sandbox.run("x = 1").ok
        still = containers_of(engine, Owner.of(host.pid))
        host.kill()
    assert len(theirs) == 2
    assert {listed["Id"] for listed in still} == {listed["Id"] for listed in theirs}
