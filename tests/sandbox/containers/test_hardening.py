"""The container's limits, seen from inside and from the engine."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from sandbox import DockerSandbox, SandboxPolicy
from sandbox.containers.hardening import seccomp_profile

LABEL = secrets.token_hex(8)
"""Of this run's containers only."""
FILTERS = {"label": f"org.codegen-agent.test={LABEL}"}
POLICY = SandboxPolicy(timeout_s=30, memory="300m", cpus=1, pids=64, scratch="64m")


@pytest.fixture(scope="module")
def hard() -> Iterator[DockerSandbox]:
    with DockerSandbox(POLICY, labels={"test": LABEL}) as sandbox:
        yield sandbox


def test_no_network(hard: DockerSandbox) -> None:
    run = hard.run(
        "import os, socket\ndevices = sorted(os.listdir('/sys/class/net'))\n"
        "try:\n    socket.create_connection(('1.1.1.1', 80), 3)\n"
        "except OSError as error:\n    reached = type(error).__name__"
    )
    assert run.variables["devices"] == ["lo"]
    assert "reached" in run.variables


def test_no_privilege(hard: DockerSandbox) -> None:
    run = hard.run(
        "import os\n"
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "caps = [status[k].strip() for k in ('CapEff', 'CapPrm', 'CapBnd', 'CapInh')]\n"
        "no_new = status['NoNewPrivs'].strip()\nseccomp = status['Seccomp'].strip()\n"
        "ids = os.getresuid() + os.getresgid()\ngroups = os.getgroups()",
        returns=["caps", "no_new", "seccomp", "ids", "groups"],
    )
    assert run.variables["caps"] == ["0" * 16] * 4
    assert run.variables["no_new"] == "1"
    assert run.variables["seccomp"] == "2"
    assert 0 not in run.variables["ids"]
    assert 0 not in run.variables["groups"]


def test_only_scratch_is_writable(hard: DockerSandbox) -> None:
    run = hard.run(
        "import os\n"
        "def can(path):\n"
        "    try:\n        open(os.path.join(path, 'x'), 'w').close()\n        return True\n"
        "    except OSError:\n        return False\n"
        "paths = ('/', '/etc', '/job', '/opt', '/usr/bin', '/root', '/tmp', '.')\n"
        "where = {path: can(path) for path in paths}",
        returns=["where"],
    )
    writable = {path for path, can in run.variables["where"].items() if can}
    assert writable == {"/tmp", "."}


def test_no_file_has_a_setuid_bit(hard: DockerSandbox) -> None:
    run = hard.run(
        "import os, stat\nfound = []\n"
        "for top in ('/bin', '/sbin', '/usr', '/opt', '/etc', '/lib', '/home'):\n"
        "    for folder, _, names in os.walk(top):\n"
        "        for name in names:\n"
        "            path = os.path.join(folder, name)\n"
        "            mode = os.lstat(path).st_mode\n"
        "            if mode & (stat.S_ISUID | stat.S_ISGID) and stat.S_ISREG(mode):\n"
        "                found.append(path)",
        returns=["found"],
    )
    assert run.variables["found"] == []


def test_the_engine_sees_every_limit(hard: DockerSandbox) -> None:
    seen: list[dict[str, Any]] = []
    started = threading.Event()

    def inspect() -> None:
        client = docker.from_env()
        started.wait(30)
        for container in client.containers.list(filters=FILTERS, ignore_removed=True):
            seen.append(container.attrs)
        client.close()

    thread = threading.Thread(target=inspect)
    thread.start()
    hard.run(
        "print('up', flush=True)\nimport time; time.sleep(2)", on_output=lambda *_: started.set()
    )
    thread.join()
    assert len(seen) == 1
    host = seen[0]["HostConfig"]
    expected = {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": None,
        "Privileged": False,
        "Memory": 300 << 20,
        "MemorySwap": 300 << 20,
        "NanoCpus": 10**9,
        "PidsLimit": 64,
        "AutoRemove": True,
        "Devices": None,
    }
    assert {
        key: host[key] or (None if expected[key] is None else host[key]) for key in expected
    } == expected
    options = host["SecurityOpt"]
    assert options[0] == "no-new-privileges:true"
    assert f"seccomp={seccomp_profile()}" in options
    assert host["LogConfig"]["Type"] == "none"
    assert [mount["RW"] for mount in seen[0]["Mounts"]] == [False]
    assert seen[0]["Config"]["User"] == "1000:1000"


def test_no_container_is_left(hard: DockerSandbox) -> None:
    for code in ("x = 1", "1 / 0", "import os; os._exit(1)"):
        hard.run(code)
    client = docker.from_env()
    left = client.containers.list(all=True, filters=FILTERS, ignore_removed=True)
    client.close()
    assert left == []
