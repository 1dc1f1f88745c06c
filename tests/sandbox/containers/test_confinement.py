"""The seccomp profile, attacked from inside a real container, and what each engine is told."""

from __future__ import annotations

import dataclasses
import json
from contextlib import closing
from typing import Any

import pytest

from sandbox import DockerSandbox
from sandbox.containers.hardening import Confinement, confinement, seccomp_profile
from sandbox.engine.connection import connect
from sandbox.engine.facts import EngineFacts, Runtime, engine_facts

CALLS = """
import ctypes, errno, platform, socket
X86 = platform.machine() == "x86_64"
NUMBERS = {  # of x86-64 and arm64
    "prlimit64": (302, 261), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274), "setpriority": (141, 140),
    "ioprio_set": (251, 30), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "userfaultfd": (323, 282), "perf_event_open": (298, 241),
    "bpf": (321, 280), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "kcmp": (312, 272), "kexec_load": (246, 104), "mount": (165, 40), "umount2": (166, 39),
    "fsopen": (430, 430), "fsmount": (432, 432), "open_tree": (428, 428),
    "move_mount": (429, 429), "mount_setattr": (442, 442), "pivot_root": (155, 41),
    "unshare": (272, 97), "setns": (308, 268), "clone": (56, 220), "personality": (135, 92),
    "vmsplice": (278, 75), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "memfd_secret": (447, 447), "fanotify_init": (300, 262), "quotactl": (179, 60),
    "io_setup": (206, 0), "move_pages": (279, 239), "migrate_pages": (256, 238),
    "mbind": (237, 235), "remap_file_pages": (216, 234), "init_module": (175, 105),
    "syslog": (103, 116), "acct": (163, 89), "swapon": (167, 224), "reboot": (169, 142),
}
def call(name, *arguments):
    ctypes.set_errno(0)
    longs = [ctypes.c_long(argument) for argument in arguments]
    returned = ctypes.CDLL(None, use_errno=True).syscall(NUMBERS[name][not X86], *longs)
    return errno.errorcode.get(ctypes.get_errno(), "?") if returned == -1 else returned
"""
NEW_USER, NEW_TIME = 0x10000000, 0x80


@pytest.fixture
def facts() -> EngineFacts:
    with closing(connect()) as client:
        return engine_facts(client)


def got(sandbox: DockerSandbox, code: str) -> Any:
    run = sandbox.run(CALLS + code, returns=["got"])
    assert run.ok, run
    return run.variables["got"]


def test_process_1_is_out_of_reach(sandbox: DockerSandbox) -> None:
    """Its limits and its scheduling; the kernel reads 32 bits of a process id."""
    found = got(
        sandbox,
        "ones = (1, 1 << 32 | 1, 1 << 63 | 1)\n"
        "targets = {'prlimit64': lambda p: (p, 7, 0, 0), 'sched_setaffinity': lambda p: (p, 8, 0),"
        " 'sched_setscheduler': lambda p: (p, 5, 0), 'sched_setparam': lambda p: (p, 0),"
        " 'sched_setattr': lambda p: (p, 0, 0), 'setpriority': lambda p: (0, p, 5),"
        " 'ioprio_set': lambda p: (1, p, 0)}\n"
        "got = {name: [call(name, *make(p)) for p in ones] for name, make in targets.items()}\n"
        "got['by group or user'] = [call('setpriority', 1, 1, 5), call('setpriority', 2, 0, 5),"
        " call('setpriority', 1 << 32 | 2, 0, 5), call('ioprio_set', 2, 1, 0),"
        " call('ioprio_set', 3, 0, 0)]",
    )
    assert {name: answers for name, answers in found.items() if {*answers} != {"EPERM"}} == {}
    assert len(found) == 8


def test_a_limit_of_process_1_cannot_end_the_run(sandbox: DockerSandbox) -> None:
    code = (
        "import resource\n"
        "try:\n    resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0))\n"
        "except PermissionError:\n    x = 'refused'"
    )
    assert sandbox.run(code).variables == {"x": "refused"}


def test_calls_that_no_program_here_needs(sandbox: DockerSandbox) -> None:
    reached = "'prlimit64', 'sched_setaffinity', 'setpriority', 'clone', 'io_setup'"
    found = got(
        sandbox,
        f"names = set(NUMBERS) - {{{reached}}}\n"
        "got = {name: call(name, 0, 0, 0, 0, 0, 0) for name in sorted(names)"
        " if not name.startswith(('sched_', 'ioprio_'))}\n"
        f"got['clone'] = call('clone', {NEW_USER} | 17, 0, 0, 0, 0)\n"
        "got['io_setup'] = call('io_setup', 1, 0)",
    )
    assert {name: answer for name, answer in found.items() if answer != "EPERM"} == {}


def test_no_call_of_another_machine(sandbox: DockerSandbox) -> None:
    """A 32-bit call would pass by filters on arguments, and is one more door into the kernel."""
    code = (
        "import ctypes, mmap, os, platform\n"
        "x = 'SIGSYS'\n"
        "if platform.machine() == 'x86_64':\n"
        "    getpid = b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3'  # mov eax, 20; int 0x80; ret\n"
        "    area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "    area.write(getpid)\n"
        "    place = ctypes.addressof(ctypes.c_char.from_buffer(area))\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        ctypes.CFUNCTYPE(ctypes.c_int)(place)()\n"
        "        os._exit(0)\n"
        "    import signal\n"
        "    x = signal.Signals(os.WTERMSIG(os.waitpid(child, 0)[1])).name"
    )
    assert sandbox.run(code, returns=["x"]).variables == {"x": "SIGSYS"}


def test_sockets(sandbox: DockerSandbox) -> None:
    found = got(
        sandbox,
        "def make(*kind):\n"
        "    try:\n        socket.socket(*kind).close()\n        return 'made'\n"
        "    except OSError as error:\n        return errno.errorcode[error.errno]\n"
        "kinds = {'unix': (1, 1, 0), 'tcp': (2, 1, 6), 'udp6': (10, 2, 17), 'any': (2, 1, 0),"
        " 'routes': (16, 3, 0), 'crypto': (38, 5, 0), 'vsock': (40, 1, 0), 'sctp': (2, 1, 132),"
        " 'netfilter': (16, 3, 12), 'packet': (17, 3, 0), 'can': (29, 3, 1),"
        " 'mptcp': (2, 1, 262)}\n"
        "got = {name: make(*kind) for name, kind in kinds.items()}",
    )
    made = {name for name, answer in found.items() if answer == "made"}
    assert made == {"unix", "tcp", "udp6", "any", "routes"}
    assert {answer for name, answer in found.items() if name not in made} == {"EPERM"}


def test_a_program_may_schedule_itself(sandbox: DockerSandbox) -> None:
    code = (
        "import os, threading, resource\n"
        "cores = os.sched_getaffinity(0)\n"
        "os.sched_setaffinity(0, cores)\n"
        "os.sched_setaffinity(os.getpid(), cores)\n"
        "def pin():\n    os.sched_setaffinity(threading.get_native_id(), cores)\n"
        "thread = threading.Thread(target=pin)\nthread.start()\nthread.join()\n"
        "os.setpriority(os.PRIO_PROCESS, os.getpid(), 3)\n"
        "os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "x = os.nice(1)"
    )
    assert sandbox.run(code).variables["x"] == 4


LEGITIMATE = {
    "processes": "import multiprocessing\n"
    "def square(n):\n    return n * n\n"
    "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
    "    x = sum(pool.map(square, range(4)))",
    "spawned": "import subprocess, sys\n"
    "x = int(subprocess.run([sys.executable, '-c', 'print(14)'], capture_output=True).stdout)",
    "threads": "from concurrent.futures import ThreadPoolExecutor\n"
    "with ThreadPoolExecutor(4) as threads:\n    x = sum(threads.map(lambda n: n * n, range(4)))",
    "asyncio": "import asyncio\n"
    "async def serve():\n"
    "    async def answer(reader, writer):\n"
    "        writer.write(b'14')\n        writer.close()\n"
    "    server = await asyncio.start_server(answer, '127.0.0.1', 0)\n"
    "    port = server.sockets[0].getsockname()[1]\n"
    "    reader, writer = await asyncio.open_connection('127.0.0.1', port)\n"
    "    got = int(await reader.read())\n    writer.close()\n    server.close()\n"
    "    await (await asyncio.create_subprocess_exec('true')).wait()\n    return got\n"
    "x = asyncio.run(serve())",
    "numpy": "import numpy as np\nx = round(float(np.linalg.norm(np.eye(196) @ np.eye(196))))",
    "joblib": "from joblib import Parallel, delayed\n"
    "x = sum(Parallel(2)(delayed(pow)(n, 2) for n in range(4)))",
    "pyarrow": "import pyarrow as pa, pyarrow.parquet as pq\n"
    "pq.write_table(pa.table({'a': [1, 4, 9]}), 'a.parquet')\n"
    "x = sum(pq.read_table('a.parquet', memory_map=True)['a'].to_pylist())",
    "polars": "import polars as pl\n"
    "x = pl.DataFrame({'a': [1, 4, 9]}).lazy().sum().collect().item()",
    "sqlite": "import sqlite3\nbase = sqlite3.connect('a.db')\n"
    "base.execute('PRAGMA journal_mode=WAL')\nbase.execute('CREATE TABLE t AS SELECT 14 AS x')\n"
    "base.commit()\nx = base.execute('SELECT x FROM t').fetchone()[0]",
    "shared memory": "from multiprocessing import shared_memory\n"
    "area = shared_memory.SharedMemory(create=True, size=9)\narea.buf[0] = 14\nx = area.buf[0]\n"
    "area.close()\narea.unlink()",
    "matplotlib": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('a.png')\nx = 14",
    "sklearn": "from sklearn.ensemble import RandomForestRegressor\n"
    "forest = RandomForestRegressor(5, n_jobs=2).fit([[0], [1]] * 9, [14, 14] * 9)\n"
    "x = round(forest.predict([[0]])[0])",
    "numba": "import importlib.util\nx = 14\n"
    "if importlib.util.find_spec('numba'):\n"
    "    import numba\n    x = numba.njit(parallel=True)(lambda: 14)()",
    "pipes and signals": "import os, signal\nos.mkfifo('p')\n"
    "signal.signal(signal.SIGALRM, lambda *_: None)\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\n"
    "signal.pause()\nx = 14",
}


@pytest.mark.parametrize("what", LEGITIMATE)
def test_what_programs_do_still_works(sandbox: DockerSandbox, what: str) -> None:
    run = sandbox.run(LEGITIMATE[what], returns=["x"])
    assert (run.outcome, run.variables.get("x")) == ("ok", 14), run


def test_the_profile_is_what_engines_read() -> None:
    profile = json.loads(seccomp_profile())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    allowed = {name for rule in profile["syscalls"] if "args" not in rule for name in rule["names"]}
    assert {"read", "futex", "execve", "close_range"} <= allowed
    assert {"clone", "socket", "prlimit64", "setpriority"}.isdisjoint(allowed)
    # Without it, libc can't start a thread: it would take EPERM for the answer.
    assert [rule["errnoRet"] for rule in profile["syscalls"] if rule["names"] == ["clone3"]] == [38]


def told(facts: EngineFacts, runtime: str = "runc") -> Confinement:
    return confinement(facts, Runtime(runtime, is_gvisor=runtime == "runsc"))


def test_what_an_engine_is_told(facts: EngineFacts) -> None:
    modules = dataclasses.replace(facts, security=frozenset({"seccomp", "apparmor", "selinux"}))
    ours = told(modules)
    assert ours.to_json() == {
        "seccomp": "codegen-agent",
        "apparmor": "docker-default",
        "selinux": "container_t",
    }
    assert ours.security_opt() == [
        "no-new-privileges:true",
        f"seccomp={seccomp_profile()}",
        "apparmor=docker-default",
        "label=type:container_t",
    ]
    bare = told(dataclasses.replace(facts, security=frozenset()))
    assert {text.split(":")[0] for text in bare.to_json().values()} == {"none"}
    assert bare.security_opt() == ["no-new-privileges:true"]


def test_engines_that_differ(facts: EngineFacts) -> None:
    full = dataclasses.replace(facts, security=frozenset({"seccomp", "apparmor"}))
    assert "seccomp" not in str(told(full, "runsc").security_opt())
    assert told(full, "runsc").seccomp.startswith("gVisor")
    assert told(dataclasses.replace(full, arch="s390x")).seccomp.startswith("the engine's default")
    podman = told(dataclasses.replace(full, is_podman=True))
    assert podman.security_opt()[1].endswith("seccomp.json")
    assert podman.security_opt(own_profile=False) == ["no-new-privileges:true"]


def test_this_engine_has_the_profile(facts: EngineFacts) -> None:
    assert told(facts).seccomp == "codegen-agent"
