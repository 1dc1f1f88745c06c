"""Containers kept ready: taken once, replaced, let go, never another process's."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import DockerSandbox, SandboxError, SandboxPolicy
from sandbox.image import image_tag
from sandbox.launch import IDLE_BYTES
from sandbox.pool import Pool

pytestmark = pytest.mark.docker
WHERE = "import os\nname = os.uname().nodename"
LABEL = "org.codegen-agent.test"


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    with contextlib.closing(docker.from_env()) as client:
        yield client


@pytest.fixture
def ours(engine: Any, request: pytest.FixtureRequest) -> Callable[[], list[Any]]:
    """List the containers of this test, which labels them with its own name."""
    label = f"{LABEL}={request.node.name}"
    return lambda: list(
        engine.containers.list(all=True, filters={"label": label}, ignore_removed=True)
    )


@pytest.fixture
def labels(request: pytest.FixtureRequest) -> dict[str, str]:
    return {"test": request.node.name}


def wait_for(what: Callable[[], object], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_until_ready(sandbox: DockerSandbox, count: int = 1) -> None:
    waiting = sandbox._pool._waiting
    wait_for(lambda: len(waiting) >= count and all(one.lease.done() for one in waiting))


def ids(containers: list[Any]) -> set[str]:
    return {one.id[:12] for one in containers}


def test_each_run_takes_one_that_waits_and_another_follows(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    taken = []
    with DockerSandbox(warm=2, labels=labels) as sandbox:
        for _ in range(3):
            wait_until_ready(sandbox, 2)
            waiting = ids(ours())
            taken.append(sandbox.run(WHERE).variables["name"])
            assert taken[-1] in waiting
        wait_until_ready(sandbox, 2)
        wait_for(lambda: len(ours()) == 2)
        assert ids(ours()).isdisjoint(taken)
    assert len(set(taken)) == 3
    assert ours() == []


def test_preparing_without_keeping_any_ready(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(labels=labels) as sandbox:
        sandbox.prepare()
        wait_until_ready(sandbox)
        waiting = ids(ours())
        assert sandbox.run(WHERE).variables["name"] in waiting
        assert ours() == []
        assert sandbox.run(WHERE).variables["name"] not in waiting
        sandbox.prepare()
    assert ours() == []


def test_one_that_died_is_replaced(ours: Callable[[], list[Any]], labels: dict[str, str]) -> None:
    with DockerSandbox(warm=1, labels=labels) as sandbox:
        wait_until_ready(sandbox)
        for one in ours():
            one.remove(force=True)
        assert sandbox.run("x = 1").variables == {"x": 1}


def test_a_run_does_not_wait_for_one_that_has_only_begun_to_come_up(
    labels: dict[str, str],
) -> None:
    with DockerSandbox(warm=1, labels=labels) as sandbox:
        assert sandbox.run("x = 1").ok
        assert len(sandbox._pool._waiting) == 1


def test_idle_ones_are_let_go(ours: Callable[[], list[Any]], labels: dict[str, str]) -> None:
    with DockerSandbox(warm=1, idle_s=4, labels=labels) as sandbox:
        wait_until_ready(sandbox)
        assert ours()
        wait_for(lambda: not ours())
        assert sandbox.run("x = 1").ok
        wait_until_ready(sandbox)
        assert ours()


def test_other_limits_empty_it(ours: Callable[[], list[Any]], labels: dict[str, str]) -> None:
    with DockerSandbox(SandboxPolicy(pids=200), warm=1, labels=labels) as sandbox:
        wait_until_ready(sandbox)
        before = ids(ours())
        sandbox.policy = SandboxPolicy(pids=100)
        look = f"{WHERE}\npids = open('/sys/fs/cgroup/pids/pids.max').read().strip()"
        look = look if Path("/sys/fs/cgroup/pids").exists() else WHERE
        run = sandbox.run(look)
        assert run.variables["name"] not in before
        assert run.variables.get("pids", "100") == "100"
        wait_for(lambda: ids(ours()).isdisjoint(before))


def test_another_image_of_the_same_name_empties_it(
    engine: Any, ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    name = "codegen-agent-pool:test"
    engine.api.tag(image_tag(), "codegen-agent-pool", "test")
    try:
        with DockerSandbox(image=name, warm=1, labels=labels) as sandbox:
            wait_until_ready(sandbox)
            before = ids(ours())
            made = engine.api.create_container(image_tag())["Id"]
            engine.api.commit(made, "codegen-agent-pool", "test", changes="ENV OTHER=1")
            engine.api.remove_container(made)
            run = sandbox.run(f"{WHERE}\nother = os.environ.get('OTHER')")
            assert run.variables["other"] == "1"
            assert run.variables["name"] not in before
    finally:
        engine.images.remove(name)


def test_what_waits_takes_a_part_of_the_engines_memory_at_most(engine: Any) -> None:
    sandbox = DockerSandbox(SandboxPolicy(memory="8g"), warm=10_000)
    try:
        room = sandbox._room()
        assert room * IDLE_BYTES <= max(IDLE_BYTES, engine.info()["MemTotal"] / 4)
    finally:
        sandbox.close()
    started: list[str] = []
    pool = Pool(lambda: started.append, lambda: lambda: 2)  # type: ignore[arg-type, return-value]
    pool.fill(10)
    pool.fill(1, "another")
    pool.close()
    assert len(started) <= 2


def test_one_that_waits_takes_less_memory_than_is_counted(
    engine: Any, ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(warm=1, labels=labels) as sandbox:
        wait_until_ready(sandbox)
        (waiting,) = ours()
        usage = engine.api.stats(waiting.id, stream=False)["memory_stats"]
        cache = usage["stats"].get("total_cache", usage["stats"].get("file", 0))
        assert usage["usage"] - cache < IDLE_BYTES


@pytest.mark.parametrize("warm", [-1, 1.5, True, "2"])
def test_a_bad_number_is_refused(warm: Any) -> None:
    with pytest.raises(SandboxError, match="warm must be"):
        DockerSandbox(warm=warm)


def test_what_was_prepared_for_a_thread_is_for_no_other(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(labels=labels) as sandbox:
        sandbox.prepare(thread="one")
        wait_until_ready(sandbox)
        (waiting,) = ours()
        assert waiting.labels["org.codegen-agent.thread"] == "one"
        others = [sandbox.run(WHERE, thread=name).variables["name"] for name in ("two", "")]
        assert not ids([waiting]).intersection(others)
        assert sandbox.run(WHERE, thread="one").variables["name"] in ids([waiting])


@pytest.mark.parametrize("task", ["a1-b2", "with / odd: characters"])
def test_a_container_carries_thread_and_task_and_ends_its_predecessor(
    engine: Any, ours: Callable[[], list[Any]], labels: dict[str, str], task: str
) -> None:
    with DockerSandbox(labels=labels) as sandbox:

        def again(*_: object) -> None:
            (first,) = ours()
            assert first.labels["org.codegen-agent.thread"] == "t"
            assert first.labels["org.codegen-agent.task"] == task
            assert first.name.startswith("codegen-agent-")
            with DockerSandbox(labels=labels) as other:
                assert other.run("x = 2", thread="t", task=task).variables == {"x": 2}

        with pytest.raises(SandboxError, match="ended|removed|killed"):
            sandbox.run(
                "print(end='up')\nimport time; time.sleep(20)",
                thread="t",
                task=task,
                on_output=again,
            )
        assert ours() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_leaves_its_parents_containers_alone(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    def in_child(sandbox: DockerSandbox, pipe: Any) -> None:
        with sandbox:
            pipe.send(sandbox.run(WHERE).variables["name"])

    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    with DockerSandbox(warm=1, labels=labels) as sandbox:
        assert sandbox.run("x = len(big)", {"big": bytes(100_000)}).ok
        wait_until_ready(sandbox)
        wait_for(lambda: len(ours()) == 1)
        waiting = ids(ours())
        child = context.Process(target=in_child, args=(sandbox, there))
        child.start()
        child.join(60)
        assert child.exitcode == 0
        assert here.recv() not in waiting
        wait_for(lambda: ids(ours()) == waiting)
        assert sandbox.run(f"{WHERE}\nx = len(big)", {"big": bytes(100_000)}).variables == {
            "name": waiting.pop(),
            "x": 100_000,
        }


def test_a_sandbox_that_nobody_has_any_more_leaves_nothing(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    sandbox = DockerSandbox(warm=1, labels=labels)
    sandbox.prepare()
    wait_until_ready(sandbox)
    assert ours()
    del sandbox
    gc.collect()
    wait_for(lambda: not ours())


INTERRUPTED = """
import sys, threading, time, _thread
from sandbox import DockerSandbox
delay_s, warm, label = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with DockerSandbox(warm=warm, labels={"test": label}) as sandbox:
    sandbox.check()
    if warm:
        time.sleep(1.05)
    print("now", flush=True)
    try:
        threading.Timer(delay_s, _thread.interrupt_main).start()
        sandbox.run("import time; time.sleep(20)")
    except KeyboardInterrupt:
        pass
    else:
        raise SystemExit("not interrupted")
print("closed", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("warm", "delay_s"), [*((0, at / 25) for at in range(8)), *((1, at / 10) for at in range(1, 6))]
)
def test_an_interrupted_run_leaves_no_container(
    ours: Callable[[], list[Any]], labels: dict[str, str], warm: int, delay_s: float
) -> None:
    arguments = [str(delay_s), str(warm), labels["test"]]
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *arguments], stdout=subprocess.PIPE, text=True
    ) as host:
        assert host.stdout is not None
        assert host.stdout.read(len("now\nclosed\n")) == "now\nclosed\n"
        left = ours()
        host.kill()
    assert left == []
