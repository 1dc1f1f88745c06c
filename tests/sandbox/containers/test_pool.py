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
from sandbox.containers.imports_ahead import ImportsAhead
from sandbox.containers.launch import IDLE_BYTES
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
    slow = ["numpy", *[f"no_such_module_{n}" for n in range(200)], "pandas", "seaborn"]
    monkeypatch.setattr(ImportsAhead, "plan", lambda _: f"{','.join(slow)};")
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
    """Starts nothing; each start goes on until ``finish`` is set."""

    def __init__(self, cores: int = 2, max_waiting: int = 100) -> None:
        self.started: list[str] = []
        self.most_at_once = 0
        self.finish = threading.Event()
        self._cores = cores
        self._max_waiting = max_waiting
        self._now = 0

    def start(self, run: object = None, preload: str = "", given_up: object = None) -> None:
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        self.started.append(preload)
        self.finish.wait(60)
        self._now -= 1
        raise SandboxError("there is none")

    def cores(self) -> int:
        return self._cores

    def max_waiting(self) -> int:
        return self._max_waiting

    def sweep(self) -> None:
        pass


@contextlib.contextmanager
def counting(launcher: CountingLauncher, **options: Any) -> Iterator[Pool]:
    pool = Pool(launcher, **options)  # type: ignore[arg-type]
    try:
        yield pool
    finally:
        launcher.finish.set()
        pool.close()


def test_no_more_wait_than_memory_allows() -> None:
    with counting(CountingLauncher(max_waiting=2)) as pool:
        pool.fill(10)
        pool.fill(1, "another")
        assert len(pool._waiting) == 2


def test_threads_that_never_come_leave_a_bounded_few() -> None:
    with counting(CountingLauncher(cores=2), idle_s=0.5) as pool:
        for number in range(25):
            pool.fill(1, f"thread {number}")
        assert len(pool._waiting) == 2 * 2
        assert len(pool._expected) == 25
        time.sleep(0.6)
        pool.fill(1)
        assert not pool._expected


def test_no_more_start_at_once_than_there_are_cores() -> None:
    launcher = CountingLauncher(cores=3)
    with counting(launcher) as pool:
        pool.fill(10)
        wait_for(lambda: len(launcher.started) == 3)
        time.sleep(0.1)
        assert launcher.most_at_once == len(launcher.started) == 3
        launcher.finish.set()
        wait_for(lambda: len(launcher.started) == 10)
    assert launcher.most_at_once <= 3


def test_runs_keep_their_cores_but_one_container_is_always_prepared() -> None:
    launcher = CountingLauncher(cores=2)
    with counting(launcher) as pool, pool._running_on_a_core(), pool._running_on_a_core():
        pool.fill(5)
        wait_for(lambda: launcher.started)
        time.sleep(0.1)
        assert launcher.most_at_once == 1


def test_containers_import_what_the_runs_before_did() -> None:
    launcher = CountingLauncher(cores=1)
    with counting(launcher) as pool:
        pool.imports.note("import polars")
        pool.fill(1)
        wait_for(lambda: launcher.started)
        assert launcher.started[0].startswith("polars;numpy,pandas,")


def test_a_run_that_came_before_its_container_leaves_none_waiting(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(PATIENT, labels=labels) as sandbox:
        for name in ("one", "two", "three"):
            sandbox.prepare(thread=name)
        # No more are started at a time than there are cores.
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


def test_a_container_serves_whichever_thread_comes_first(
    ours: Callable[[], list[Any]], labels: dict[str, str]
) -> None:
    with DockerSandbox(PATIENT, labels=labels) as sandbox:
        sandbox.prepare(thread="one")
        sandbox.prepare(thread="one")
        wait_until_ready(sandbox)
        (waiting,) = ours()
        assert "org.codegen-agent.thread" not in waiting.labels
        assert sandbox.run(WHERE, thread="two").variables["name"] in ids([waiting])
        wait_until_ready(sandbox)  # the first thread is still expected
        waiting = ours()
        assert sandbox.run(WHERE, thread="one").variables["name"] in ids(waiting)
        assert not sandbox._pool._waiting
        assert not ours()


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
