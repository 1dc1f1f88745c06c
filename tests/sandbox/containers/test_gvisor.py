"""gVisor as the runtime: every limit of the policy, with and without the host's cgroups."""

from __future__ import annotations

import array
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import DockerSandbox, SandboxPolicy, SandboxUnavailableError, VariableStore
from sandbox.owner import OWNER_LABEL, Owner
from tests.sandbox.engine.second_engine import IMAGE, SecondEngine, second_engine

RUNSC = shutil.which("runsc")
ARGUMENTS = ["--platform=ptrace", "--network=none"]
RUNTIMES = {
    "runsc": {"path": RUNSC, "runtimeArgs": ARGUMENTS},
    "runsc-alone": {"path": RUNSC, "runtimeArgs": [*ARGUMENTS, "--ignore-cgroups"]},
}
LABEL = secrets.token_hex(8)
"""Of this run's containers only."""
FILTERS = {"label": f"org.codegen-agent.test={LABEL}"}
MEMORY_MIB = 160
SHORT_S = 2.5
BIG = bytes(range(256)) * 20_000
TRIES = """
import ctypes, os, resource, signal
said = {}
def attempt(name, act):
    try:
        act()
        said[name] = "done"
    except OSError as error:
        said[name] = type(error).__name__
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGSEGV):
    attempt(number.name, lambda: os.kill(1, number))
attempt("memory", lambda: open("/proc/1/mem", "r+b"))
attempt("stream", lambda: open("/proc/1/fd/1", "wb"))
attempt("limits", lambda: resource.prlimit(1, resource.RLIMIT_CPU, (0, 0)))
attempt("root", lambda: os.setuid(0))
said["trace"] = ctypes.CDLL(None).ptrace(16, 1, 0, 0)
"""
EVERYBODY = """
import os, time
print("before")
if os.fork() == 0:
    os.kill(-1, 9)
    os._exit(0)
time.sleep(100)
"""
CHILDREN = """
import os
for _ in range(3):
    os.fork()
x = []
while True:
    x.append(bytearray(b"x") * (1 << 20))
"""
FILES = """
import time
x = []
while True:
    open("file", "ab").write(bytes(1 << 20)) if len(x) < 8 else time.sleep(0.01)
    x.append(bytearray(b"x") * (1 << 24))
"""
HOST = """
import sys, docker
from sandbox import DockerSandbox, SandboxPolicy
client = docker.DockerClient(sys.argv[1])
policy = SandboxPolicy(runtime="runsc", memory="256m")
with DockerSandbox(policy, client=client, image=sys.argv[2]) as sandbox:
    sandbox.run(
        "import os, signal, time\\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\\n"
        "os.kill(os.getpid(), 0); print('up'); time.sleep(1000)",
        on_output=lambda _, text: print(text, flush=True),
    )
"""

EITHER = pytest.mark.parametrize("strict", RUNTIMES, indirect=True)

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (hasattr(os, "geteuid") and os.geteuid() == 0)
        or not (shutil.which("dockerd") and shutil.which("unshare")),
        reason="starting an engine with another runtime takes root, dockerd and unshare",
    ),
    pytest.mark.skipif(
        RUNSC is None, reason="gVisor is missing: `make test-servers`, or install runsc"
    ),
]


@pytest.fixture(scope="module")
def second() -> Iterator[tuple[SecondEngine, Any]]:
    with second_engine(None, RUNTIMES) as (engine, client):
        yield engine, client


@pytest.fixture(scope="module")
def engine(second: tuple[SecondEngine, Any]) -> Any:
    return second[1]


@pytest.fixture(scope="module", params=["runsc"])
def strict(
    request: pytest.FixtureRequest, engine: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DockerSandbox]:
    """A sandbox with tight limits, which are reached quickly."""
    policy = SandboxPolicy(
        runtime=request.param,
        timeout_s=SHORT_S,
        memory=f"{MEMORY_MIB}m",
        cpus=os.cpu_count() or 1,
        pids=24,
        scratch="32m",
        max_file="8m",
        max_output="64k",
    )
    store = VariableStore(tmp_path_factory.mktemp("store"))
    labels = {"test": LABEL}
    with DockerSandbox(policy, client=engine, image=IMAGE, store=store, labels=labels) as sandbox:
        yield sandbox


@EITHER
def test_a_run(strict: DockerSandbox) -> None:
    run = strict.run("import os\nprint('hello')\nx = os.uname().release\nopen('/dev/stderr', 'w')")
    assert (run.outcome, run.stdout, run.stderr) == ("ok", "hello\n", ""), run
    assert run.variables == {"x": "4.4.0"}  # what gVisor always says it is


def test_variables_both_ways_and_what_changed(strict: DockerSandbox) -> None:
    values = {"read": BIG, "kept": array.array("b", BIG), "items": [1], "n": 1, "gone": 2}
    code = "n = len(read) + len(kept) + kept[5]\nitems.append(2)\ndel gone"
    run = strict.run(code, values)
    assert run.outcome == "ok", run
    assert run.variables == {"n": 2 * len(BIG) + 5, "items": [1, 2]}
    assert run.changed_inputs == ("items", "n", "gone")
    assert values["items"] == [1]


def test_a_prepared_container_serves_one_run(strict: DockerSandbox, engine: Any) -> None:
    strict.prepare()
    strict._pool._waiting[0].lease.result()
    containers = engine.containers.list(filters=FILTERS, ignore_removed=True)
    waiting = {container.id[:12] for container in containers}
    run = strict.run("import os\nname = os.uname().nodename\nx = len(big)", {"big": BIG})
    assert run.variables["name"] in waiting
    assert run.variables["x"] == len(BIG)
    assert engine.containers.list(all=True, filters=FILTERS, ignore_removed=True) == []


def test_no_privilege(strict: DockerSandbox) -> None:
    run = strict.run(
        "import ctypes, os\n"
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "caps = {status[key].strip() for key in status if key.startswith('Cap')}\n"
        "no_new = ctypes.CDLL(None).prctl(39, 0, 0, 0, 0)\n"
        "ids = os.getresuid() + os.getresgid() + tuple(os.getgroups())",
        returns=["caps", "no_new", "ids"],
    )
    assert run.variables == {"caps": {"0" * 16}, "no_new": 1, "ids": (1000,) * 7}


def test_no_network_and_only_scratch_can_be_written(strict: DockerSandbox) -> None:
    run = strict.run(
        "import os, socket\n"
        "def fails(act):\n"
        "    try:\n        act()\n    except OSError:\n        return True\n    return False\n"
        "paths = ('/', '/etc', '/job', '/opt', '/usr/bin', '/root', '/tmp', '.')\n"
        "writable = {path for path in paths if not fails(lambda: open(f'{path}/x', 'w'))}\n"
        "alone = fails(lambda: socket.create_connection(('1.1.1.1', 80), 2))\n"
        "executable = not fails(lambda: os.execv('/tmp/x', ['x']))",
        returns=["writable", "alone", "executable"],
    )
    expected = {"writable": {"/tmp", "."}, "alone": True, "executable": False}
    assert run.variables == expected


@EITHER
def test_process_1_is_out_of_reach(strict: DockerSandbox) -> None:
    run = strict.run(TRIES, returns=["said"])
    assert run.outcome == "ok", run
    said = run.variables["said"]
    assert said.pop("trace") == -1
    assert set(said.values()) == {"PermissionError"}, said
    crashed = strict.run(EVERYBODY)
    assert (crashed.outcome, crashed.stdout) == ("crashed", "before\n")
    assert "SIGKILL" in crashed.detail


def test_processes_of_the_host_and_of_siblings_are_hidden(strict: DockerSandbox) -> None:
    code = "import os\nseen = [name for name in os.listdir('/proc') if name.isdigit()]"
    code += "\nx = sorted(map(int, seen)) == sorted({1, os.getpid()})"
    strict.prepare()
    strict._pool._waiting[0].lease.result()
    strict._pool._waiting.rotate()
    assert strict.run(code, returns=["x"]).variables == {"x": True}


def test_timeout(strict: DockerSandbox) -> None:
    run = strict.run("print('before')\nimport os\nos.fork()\nwhile True: pass")
    assert (run.outcome, run.stdout) == ("timeout", "before\n")
    assert run.duration_s < SHORT_S + 5


@EITHER
@pytest.mark.parametrize(
    "code",
    [
        "x = bytearray(b'x') * (1 << 30)",
        "x = []\nwhile True: x.append(bytearray(b'x') * (1 << 20))",
        CHILDREN,
        FILES,
    ],
    ids=["at once", "bit by bit", "children", "files in memory"],
)
def test_memory_bombs(strict: DockerSandbox, code: str) -> None:
    run = strict.run("print('before')\n" + code)
    assert (run.outcome, run.stdout) == ("out_of_memory", "before\n"), run
    assert f"{MEMORY_MIB} MiB" in run.detail


def test_a_crash_is_not_reported_as_lack_of_memory(strict: DockerSandbox) -> None:
    assert strict.run("import os\nos.kill(os.getpid(), 9)").outcome == "crashed"


@EITHER
def test_processes(engine: Any, strict: DockerSandbox) -> None:
    threads = strict.run(
        "import threading, time\nn = 0\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n    n += 1"
    )
    assert threads.error is not None
    assert "thread" in threads.error.message
    assert 0 < threads.variables["n"] < 24
    policy = SandboxPolicy(
        runtime=strict.policy.runtime, memory="1g", pids=24, cpus=os.cpu_count() or 1
    )
    forks = "import os, time\nn = 2\nwhile True:\n    os.fork() or time.sleep(100)\n    n += 1"
    with DockerSandbox(policy, client=engine, image=IMAGE) as roomy:
        run = roomy.run(forks)
        assert (run.error and run.error.name, run.variables["n"]) == ("BlockingIOError", 24)
        bomb = roomy.run("import os\nwhile True:\n    os.fork()")
    assert bomb.outcome == "error", bomb


def test_sizes(strict: DockerSandbox) -> None:
    full = strict.run("for n in range(100):\n    open(f'{n}', 'wb').write(bytes(4 << 20))")
    assert full.error is not None
    assert "No space left" in full.error.message
    file = strict.run("open('big', 'wb').write(bytes(9 << 20))")
    assert file.error is not None
    assert "File too large" in file.error.message
    output = strict.run("while True: print('x' * 1000)")
    assert (output.outcome, len(output.stdout)) == ("output_limit", 64 << 10)


def test_the_container_ends_with_its_host_process(engine: Any) -> None:
    address = engine.api.base_url.replace("http", "tcp", 1)
    with (
        subprocess.Popen(
            [sys.executable, "-c", HOST, address, IMAGE],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
        ) as host,
        contextlib.ExitStack() as killing,
    ):
        killing.callback(host.kill)
        assert host.stdout is not None
        assert host.stdout.readline() == b"up\n"
        filters = {"label": f"{OWNER_LABEL}={Owner.of(host.pid)}"}
        assert len(engine.api.containers(filters=filters)) == 1
    deadline = time.monotonic() + 20
    while engine.api.containers(all=True, filters=filters):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_core_limit_that_would_not_hold_is_refused(engine: Any) -> None:
    policy = SandboxPolicy(runtime="runsc-alone", cpus=0.5)
    with (
        DockerSandbox(policy, client=engine, image=IMAGE) as sandbox,
        pytest.raises(SandboxUnavailableError, match="--ignore-cgroups"),
    ):
        sandbox.run("x = 1")


def test_cores_are_held_to(second: tuple[SecondEngine, Any]) -> None:
    engine, client = second
    spin = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
    throttled: list[str] = []

    def look(*_: object) -> None:
        for file in Path("/sys/fs/cgroup").glob(f"**/{engine.cgroup}/*/cpu.stat"):
            throttled.extend(line for line in file.read_text().splitlines() if "nr_thr" in line)

    policy = SandboxPolicy(runtime="runsc", cpus=0.25)
    with DockerSandbox(policy, client=client, image=IMAGE) as sandbox:
        assert sandbox.run(f"{spin}\nprint('spun')\ntime.sleep(0.5)", on_output=look).ok
    assert any(int(line.split()[1]) > 0 for line in throttled), throttled
