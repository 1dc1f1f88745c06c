"""Checks for every engine; each receives a sandbox on it, with a time limit of 5 s."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox import DockerSandbox, SandboxPolicy

POLICY = SandboxPolicy(timeout_s=5, memory="128m", scratch="32m", pids=40)
BIG = bytes(range(256)) * 40_000
LOOK_AROUND = """
import os, resource
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
def can_write(path):
    try:
        open(os.path.join(path, "x"), "w").close()
    except OSError:
        return False
    return True
children = 0
try:
    while True:
        if os.fork() == 0:
            import time; time.sleep(60)
        children += 1
except OSError:
    pass
found = {
    "capabilities": [status[name].strip() for name in ("CapEff", "CapPrm", "CapBnd")],
    "no_new_privileges": status["NoNewPrivs"].strip(),
    "seccomp": status["Seccomp"].strip(),
    "ids": sorted({*os.getresuid(), *os.getresgid()}),
    "devices": os.listdir("/sys/class/net"),
    "writable": [
        path
        for path in ("/", "/dev", "/etc", "/job", "/opt", "/run", "/tmp", "/usr", "/var/tmp")
        if can_write(path)
    ],
    "limits": [resource.getrlimit(kind) for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)],
}
"""


def plain_run(sandbox: DockerSandbox) -> None:
    run = sandbox.run("print('hello')\nx = 41 + 1\nx")
    assert (run.outcome, run.stdout, run.display) == ("ok", "hello\n", 42), run


def variables_both_ways(sandbox: DockerSandbox) -> None:
    notes = Path(__file__)
    code = "lines = notes.read_text().count('\\n')\nback = big[::-1]"
    run = sandbox.run(code, {"notes": notes, "big": BIG}, returns=["lines", "back"])
    assert run.outcome == "ok", run
    assert run.variables == {"lines": notes.read_text().count("\n"), "back": BIG[::-1]}


def a_prepared_container(sandbox: DockerSandbox) -> None:
    sandbox.prepare()
    sandbox._pool._waiting[0].lease.result()
    time.sleep(0.5)  # the engine has sent any message about the waiting container
    assert sandbox.run("x = len(big)", {"big": BIG}).variables == {"x": len(BIG)}


def output_as_it_comes(sandbox: DockerSandbox) -> None:
    seen: list[tuple[str, float]] = []
    code = "import time\nprint('first', flush=True)\ntime.sleep(1)\nprint('last')"
    run = sandbox.run(code, on_output=lambda _, text: seen.append((text, time.monotonic())))
    ended = time.monotonic()
    assert (run.outcome, "".join(text for text, _ in seen)) == ("ok", "first\nlast\n")
    assert ended - seen[0][1] > 0.9


def a_timeout(sandbox: DockerSandbox) -> None:
    run = sandbox.run("print('up', flush=True)\nimport time; time.sleep(60)")
    assert (run.outcome, run.stdout) == ("timeout", "up\n"), run


def memory_distinguished_from_a_crash(sandbox: DockerSandbox) -> None:
    eat = "x = bytearray(1 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1"
    assert sandbox.run(eat).outcome == "out_of_memory"
    run = sandbox.run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert run.outcome == "crashed", run
    assert "SIGSEGV" in run.detail
    assert "exited with code 3" in sandbox.run("import os; os._exit(3)").detail


def every_restriction(sandbox: DockerSandbox) -> None:
    run = sandbox.run(LOOK_AROUND, returns=["found", "children"])
    assert run.outcome == "ok", run
    assert run.variables["children"] < POLICY.pids
    assert run.variables["found"] == {
        "capabilities": ["0" * 16] * 3,
        "no_new_privileges": "1",
        "seccomp": "2",
        "ids": [1000],
        "devices": ["lo"],
        "writable": ["/tmp"],
        "limits": [(0, 0), (POLICY.max_file_bytes,) * 2],
    }


def several_at_once(sandbox: DockerSandbox) -> None:
    with ThreadPoolExecutor(3) as threads:
        runs = list(threads.map(lambda n: sandbox.run("x = n * 2", {"n": n}), range(3)))
    assert [run.variables for run in runs] == [{"x": 0}, {"x": 2}, {"x": 4}]


BY_ANY_LINK: list[Callable[[DockerSandbox], None]] = [
    plain_run,
    variables_both_ways,
    a_prepared_container,
    output_as_it_comes,
    a_timeout,
    several_at_once,
]
ON_ANY_ENGINE = [*BY_ANY_LINK, memory_distinguished_from_a_crash, every_restriction]


def left(client: Any) -> list[Any]:
    """List containers and volumes on an engine that only these tests use."""
    return [*client.containers.list(all=True, ignore_removed=True), *client.volumes.list()]
