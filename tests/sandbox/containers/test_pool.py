"""Prepared containers: used once, replaced, removed when idle, never another process's."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import DockerSandbox, SandboxError, SandboxPolicy
from sandbox.containers.launch import IDLE_BYTES, RunLabels
from sandbox.containers.pool import Pool
from sandbox.image import image_tag

pytestmark = pytest.mark.docker
PATIENT = SandboxPolicy(timeout_s=300, start_timeout_s=300)
"""For a machine that is busy with other tests."""
WHERE = "import os\nname = os.uname().nodename"


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    with contextlib.closing(docker.from_env()) as client:
        yield client


@pytest.fixture
def labels() -> dict[str, str]:
    """Labels for this test's containers only."""
    return {"test": secrets.token_hex(8)}


@pytest.fixture
def ours(engine: Any, labels: dict[str, str]) -> Callable[[], list[Any]]:
    """List the containers of this test."""
    filters = {"label": f"org.codegen-agent.test={labels['test']}"}
    return lambda: list(engine.containers.list(all=True, filters=filters, ignore_removed=True))


def wait_for(condition: Callable[[], object], timeout_s: float = 300) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_until_ready(sandbox: DockerSandbox, count: int = 1) -> None:
    waiting = sandbox._pool._waiting
    wait_for(lambda: len(waiting) >= count and all(entry.lease.done() for entry in waiting))


def ids(containers: list[Any]) -> set[str]:
    return {container.id[:12] for container in containers}


def test_each_run_uses_a_waiting_container_which_is_replaced(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    taken = []
    with DockerSandbox(PATIENT, warm=2, labels=labels) as sandbox:
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


def test_prepare_without_keeping_containers_ready(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(PATIENT, labels=labels) as sandbox:
        sandbox.prepare()
        wait_until_ready(sandbox)
        waiting = ids(ours())
        assert sandbox.run(WHERE).variables["name"] in waiting
        assert ours() == []
        assert sandbox.run(WHERE).variables["name"] not in waiting
        sandbox.prepare()
    assert ours() == []


def test_a_run_takes_a_container_that_is_still_importing(
    ours: Callable[[], list[Any]], labels: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = ",".join(["numpy", *[f"no_such_module_{n}" for n in range(2_000)], "pandas", "seaborn"])
    monkeypatch.setattr("sandbox.containers.pool.PRELOADED", slow)
    with DockerSandbox(PATIENT, labels=labels) as sandbox:
        sandbox.prepare()
        wait_until_ready(sandbox)
        waiting = ids(ours())
        early = sandbox.run(f"import sys\nearly = 'seaborn' in sys.modules\n{WHERE}").variables
        assert early["name"] in waiting
        assert early["early"] is False


def test_a_dead_container_is_replaced(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(PATIENT, warm=1, labels=labels) as sandbox:
        wait_until_ready(sandbox)
        for container in ours():
            container.remove(force=True)
        assert sandbox.run("x = 1").variables == {"x": 1}


def test_a_run_does_not_wait_for_a_container_that_has_just_begun_to_start(
    labels: dict[str, str],
) -> None:
    with DockerSandbox(PATIENT, warm=1, labels=labels) as sandbox:
        assert sandbox.run("x = 1").ok
        assert len(sandbox._pool._waiting) == 1


def test_idle_containers_are_removed(ours: Callable[[], list[Any]], labels: dict[str, str]) -> None:
    with DockerSandbox(PATIENT, warm=1, idle_s=8, labels=labels) as sandbox:
        wait_until_ready(sandbox)
        assert ours()
        wait_for(lambda: not ours())
        assert sandbox.run("x = 1").ok
        wait_until_ready(sandbox)
        assert ours()


def test_new_limits_replace_waiting_containers(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(replace(PATIENT, pids=200), warm=1, labels=labels) as sandbox:
        wait_until_ready(sandbox)
        before = ids(ours())
        sandbox.policy = replace(PATIENT, pids=100)
        look = f"{WHERE}\npids = open('/sys/fs/cgroup/pids/pids.max').read().strip()"
        look = look if Path("/sys/fs/cgroup/pids").exists() else WHERE
        run = sandbox.run(look)
        assert run.variables["name"] not in before
        assert run.variables.get("pids", "100") == "100"
        wait_for(lambda: ids(ours()).isdisjoint(before))


def test_another_image_of_the_same_name_replaces_waiting_containers(
    engine: Any, ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    tag = labels["test"]
    name = f"codegen-agent-pool:{tag}"
    engine.api.tag(image_tag(), "codegen-agent-pool", tag)
    try:
        with DockerSandbox(PATIENT, image=name, warm=1, labels=labels) as sandbox:
            wait_until_ready(sandbox)
            before = ids(ours())
            made = engine.api.create_container(image_tag())["Id"]
            engine.api.commit(made, "codegen-agent-pool", tag, changes="ENV OTHER=1")
            engine.api.remove_container(made)
            run = sandbox.run(f"{WHERE}\nother = os.environ.get('OTHER')")
            assert run.variables["other"] == "1"
            assert run.variables["name"] not in before
    finally:
        engine.images.remove(name)


class CountingLauncher:
    """Starts nothing, and lets two containers wait."""

    def __init__(self) -> None:
        self.started: list[RunLabels] = []

    def start(self, run: RunLabels, preload: str, given_up: object) -> None:
        self.started.append(run)

    def max_waiting(self) -> int:
        return 2

    def sweep(self) -> None:
        pass


def test_no_more_wait_than_the_launcher_allows() -> None:
    launcher = CountingLauncher()
    pool = Pool(launcher)  # type: ignore[arg-type]
    pool.fill(10)
    pool.fill(1, "another")
    pool.close()
    assert len(launcher.started) <= 2


def test_containers_of_threads_that_never_come_make_room() -> None:
    launcher = CountingLauncher()
    pool = Pool(launcher, idle_s=0.2)  # type: ignore[arg-type]
    for name in ("one", "two", "three"):
        pool.fill(1, name)
    wait_for(lambda: len(launcher.started) == 2)
    for _ in range(10):  # it isn't idle
        time.sleep(0.05)
        pool.fill(0)
    pool.fill(1, "four")
    wait_for(lambda: len(launcher.started) == 3)
    assert launcher.started[-1] == RunLabels("four")
    pool.close()


def test_a_run_that_came_before_its_container_leaves_none_waiting(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(PATIENT, labels=labels) as sandbox:
        for name in ("one", "two", "three"):
            sandbox.prepare(thread=name)
        # One is started at a time, and imports everything before the next.
        for name in ("three", "two", "one"):
            assert sandbox.run(WHERE, thread=name).ok
        assert not sandbox._pool._waiting
        wait_for(lambda: not ours())


def test_a_waiting_container_takes_less_memory_than_assumed(
    engine: Any, ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(PATIENT, warm=1, labels=labels) as sandbox:
        wait_until_ready(sandbox)
        (waiting,) = ours()
        usage = engine.api.stats(waiting.id, stream=False)["memory_stats"]
        cache = usage["stats"].get("total_cache", usage["stats"].get("file", 0))
        assert usage["usage"] - cache < IDLE_BYTES


@pytest.mark.parametrize("warm", [-1, 1.5, True, "2"])
def test_a_bad_count_is_refused(warm: Any) -> None:
    with pytest.raises(SandboxError, match="warm must be"):
        DockerSandbox(warm=warm)


def test_a_container_prepared_for_a_thread_serves_that_thread_only(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(PATIENT, labels=labels) as sandbox:
        sandbox.prepare(thread="one")
        wait_until_ready(sandbox)
        (waiting,) = ours()
        assert waiting.labels["org.codegen-agent.thread"] == "one"
        others = [sandbox.run(WHERE, thread=name).variables["name"] for name in ("two", "")]
        assert not ids([waiting]).intersection(others)
        assert sandbox.run(WHERE, thread="one").variables["name"] in ids([waiting])


@pytest.mark.parametrize("kind", ["a1-b2-", "with / odd: characters "])
def test_a_container_is_labelled_and_replaces_an_earlier_one_of_its_task(
    ours: Callable[[], list[Any]], labels: dict[str, str], kind: str
) -> None:
    task = kind + labels["test"]  # it names the container, on an engine others use too
    with DockerSandbox(PATIENT, labels=labels) as sandbox:

        def again(*_: object) -> None:
            (first,) = ours()
            assert first.labels["org.codegen-agent.thread"] == "t"
            assert first.labels["org.codegen-agent.task"] == task
            assert first.name.startswith("codegen-agent-")
            with DockerSandbox(PATIENT, labels=labels) as other:
                assert other.run("x = 2", thread="t", task=task).variables == {"x": 2}

        with pytest.raises(SandboxError, match="ended|removed|killed"):
            sandbox.run(
                "print(end='up')\nimport time; time.sleep(200)",
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
    with DockerSandbox(PATIENT, warm=1, labels=labels) as sandbox:
        assert sandbox.run("x = len(big)", {"big": bytes(100_000)}).ok
        wait_until_ready(sandbox)
        wait_for(lambda: len(ours()) == 1)
        waiting = ids(ours())
        child = context.Process(target=in_child, args=(sandbox, there))
        child.start()
        child.join(300)
        assert child.exitcode == 0
        assert here.recv() not in waiting
        wait_for(lambda: ids(ours()) == waiting)
        assert sandbox.run(f"{WHERE}\nx = len(big)", {"big": bytes(100_000)}).variables == {
            "name": waiting.pop(),
            "x": 100_000,
        }


def test_a_garbage_collected_sandbox_leaves_nothing(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    sandbox = DockerSandbox(PATIENT, warm=1, labels=labels)
    sandbox.prepare()
    wait_until_ready(sandbox)
    assert ours()
    del sandbox
    gc.collect()
    wait_for(lambda: not ours())


@pytest.fixture
def never_ready(engine: Any, labels: dict[str, str]) -> Iterator[str]:
    """An image whose containers start and never get ready."""
    name = f"codegen-agent-pool:{labels['test']}"
    made = engine.api.create_container(image_tag())["Id"]
    engine.api.commit(made, *name.split(":"), changes='ENTRYPOINT ["sleep", "600"]')
    engine.api.remove_container(made)
    yield name
    engine.images.remove(name)


@pytest.mark.parametrize("running", [False, True])
def test_closing_does_not_wait_for_a_start_under_way(
    ours: Callable[[], list[Any]], labels: dict[str, str], never_ready: str, running: bool
) -> None:
    sandbox = DockerSandbox(PATIENT, image=never_ready, labels=labels)
    failures: list[SandboxError] = []

    def run() -> None:
        try:
            sandbox.run("x = 1")
        except SandboxError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    if running:
        thread.start()
    else:
        sandbox.prepare()
    wait_for(ours)
    began = time.monotonic()
    sandbox.close()
    if running:
        thread.join(60)
        assert "closed" in str(failures)
    assert time.monotonic() - began < 60
    assert ours() == []


def test_new_limits_give_up_a_start_under_way(
    ours: Callable[[], list[Any]], labels: dict[str, str], never_ready: str
) -> None:
    with DockerSandbox(PATIENT, image=never_ready, labels=labels) as sandbox:
        sandbox.prepare()
        wait_for(ours)
        sandbox.policy = replace(PATIENT, pids=100)
        wait_for(lambda: not ours(), 60)


INTERRUPTED = """
import signal, sys, threading, time
from sandbox import DockerSandbox
delay_s, warm, label = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with DockerSandbox(warm=warm, labels={"test": label}) as sandbox:
    sandbox.check()
    if warm:
        time.sleep(1.05)
    print("now", flush=True)
    try:
        # A real signal: it also ends a system call that is waiting.
        main = threading.main_thread().ident
        threading.Timer(delay_s, signal.pthread_kill, (main, signal.SIGINT)).start()
        sandbox.run("import time; time.sleep(200)")
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
