"""The attacks that ``codegen-agent doctor --security`` runs; the tests run these and more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.policy import parse_size
from sandbox.records import Execution
from sandbox.runner.shared.limits import CODEC, MAGIC
from sandbox.security.attack import CHANNEL, Attack, Check

TIGHT: dict[str, Any] = {
    "timeout_s": 20,
    "memory": "192m",
    "pids": 32,
    "scratch": "8m",
    "max_file": "4m",
    "max_output": "16k",
    "max_result": "1m",
    "max_files": 5,
    "max_files_bytes": "64k",
    "max_figures": 2,
    "max_variables": 5,
}
"""Limits that an attack reaches quickly."""
PAYLOAD = f"""
def payload(tree, *attachments):
    data = struct.pack("<8sQ", {MAGIC!r}, len(tree)) + tree
    for attachment in attachments:
        data += bytes(-len(data) % 64) + attachment
    return data
def variable(name, body):
    send({{"type": "variable", "name": name, "value_type": "int", "codec": {CODEC!r}}}, body)
"""
"""Put after CHANNEL: sends a payload of the code's own making as a result."""


def ended_by(*outcomes: str) -> Check:
    """Check that a limit ended the program."""
    return lambda run: "" if run.outcome in outcomes else f"it ended as {run.outcome!r}"


def at_most(name: str, most: int) -> Check:
    """Check a number that the program counted up and printed while it still could."""

    def check(run: Execution) -> str:
        lines = [line for line in run.stdout.splitlines() if line.startswith(f"{name}=")]
        if not lines:
            return "" if run.outcome != "ok" else f"it did not say {name}"
        number = int(lines[-1].partition("=")[2])
        return "" if number <= most else f"{name}={number}, and at most {most} are allowed"

    return check


def withheld(name: str) -> Check:
    """Check that a result was refused."""
    return lambda run: f"{name!r} came back" if name in run.variables else ""


def _output_is_cut(run: Execution) -> str:
    most = parse_size(TIGHT["max_output"])
    size = len(run.stdout) + len(run.stderr)
    return "" if run.outcome == "output_limit" and size <= most else f"{run.outcome}, {size} bytes"


def _results_are_cut(run: Execution) -> str:
    size = sum(len(payload.data) for payload in run.payloads.values())
    return "" if size <= parse_size(TIGHT["max_result"]) else f"{size} bytes came back"


def _few(what: str, key: str) -> Check:
    return lambda run: (
        "" if len(found := getattr(run, what)) <= TIGHT[key] else f"{len(found)} {what} came back"
    )


def _is_a_plain_path(run: Execution) -> str:
    value = run.variables.get("path")
    return "it came back as a Path that opens files" if isinstance(value, Path) else ""


def _is_crash(run: Execution) -> str:
    if run.outcome != "crashed" or run.variables.get("forged") is not None:
        return f"the host took it: {run.outcome}, {dict(run.variables)!r:.100}"
    return ""


def _checks_failed(run: Execution) -> str:
    return "" if run.check_error is not None or not run.ok else "the checks count as passed"


def _escape(id_: str, guarantee: str, program: str, cis: str = "") -> Attack:
    return Attack(id_, "escape", program, guarantee=guarantee, cis=cis)


def _bomb(
    id_: str, guarantee: str, program: str, check: Check, cis: str = "", **more: Any
) -> Attack:
    return Attack(
        id_, "exhaustion", program, check, guarantee=guarantee, cis=cis, limits={**TIGHT, **more}
    )


def _forged(id_: str, guarantee: str, program: str, check: Check, kind: Any = "forgery") -> Attack:
    return Attack(id_, kind, CHANNEL + PAYLOAD + program, check, guarantee=guarantee, limits=TIGHT)


ESCAPES = (
    _escape("mount", "no file system can be mounted", "import ctypes\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "reached = libc.mount(b'proc', b'/tmp', b'proc', 0, None) == 0", "5.4"),
    _escape("kill-process-1", "process 1 can't be signalled to death", "import os, signal, time\n"
            "for number in (signal.SIGTERM, signal.SIGSEGV, signal.SIGSTOP):\n"
            "    os.kill(1, number)\ntime.sleep(0.2)\n"
            "reached = '(' not in open('/proc/1/stat').read()", "5.16"),
    _escape("trace-process-1", "process 1 can't be traced or written to", "import ctypes\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "reached = libc.ptrace(16, 1, 0, 0) == 0 or open('/proc/1/mem', 'r+b')", "5.16"),
    _escape("raw-disk", "no disk can be opened as a device", "import os\n"
            "os.mknod('/dev/shm/disk', 0o60600, os.makedev(8, 0))\n"
            "reached = open('/dev/shm/disk', 'rb').read(16)", "5.18"),
    _escape("become-root", "no program makes the code root", "import os\nos.setuid(0)\n"
            "reached = os.getuid() == 0", "5.26"),
    _escape("core-pattern", "the kernel's settings can't be changed",
            "open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x')\nreached = True", "5.5"),
    _escape("release-agent", "no cgroup can be changed", "import glob, os\n"
            "for path in glob.glob('/sys/fs/cgroup/**/', recursive=True):\n"
            "    try:\n        os.mkdir(path + 'mine')\n        reached = path\n"
            "    except OSError:\n        pass", "5.25"),
)  # fmt: skip
HOST_FILES = (
    Attack("host-path", "host files", "reached = open(canary).read()",
           guarantee="a file of the host can't be read by its path", cis="5.6"),
    Attack("host-by-root-links", "host files", "import glob, os\n"
           "for root in glob.glob('/proc/*/root') + glob.glob('/proc/*/cwd'):\n"
           "    try:\n        reached = open(root + canary).read()\n"
           "    except OSError:\n        pass",
           guarantee="nor through the links of /proc", cis="5.6"),
    Attack("engine-socket", "host files", "import os\n"
           "reached = [p for p in ('/var/run/docker.sock', '/run/docker.sock',"
           " '/run/containerd/containerd.sock', '/run/podman/podman.sock') if os.path.exists(p)]",
           guarantee="the engine's socket isn't there", cis="5.32"),
)  # fmt: skip
EXHAUSTION = (
    _bomb("memory", "a program ends at its memory limit",
          "x = []\nwhile True: x.append(bytearray(1 << 20))", ended_by("out_of_memory"), "5.11"),
    _bomb("processes", "no more processes start than allowed", "import os, time\n"
          "n = 0\nwhile True:\n    if os.fork() == 0:\n        time.sleep(100)\n"
          "    n += 1; print(f'n={n}', flush=True)", at_most("n", TIGHT["pids"]), "5.29"),
    _bomb("time", "a program ends at its time limit", "import signal\n"
          "for s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n"
          "    except OSError: pass\nwhile True: pass", ended_by("timeout"), timeout_s=2),
    _bomb("scratch", "the scratch space has a size", "n = 0\nwhile True:\n"
          "    open(f'{n}', 'wb').write(bytes(1 << 20)); n += 1; print(f'n={n}', flush=True)",
          at_most("n", 8)),
    _bomb("inodes", "the number of files is limited", "for n in range(300_000):\n"
          "    open(f'{n}', 'w').close()", ended_by("error", "out_of_memory", "timeout")),
    _bomb("file-size", "a single file has a size limit", "import os\nf = open('f', 'wb')\n"
          "for n in range(1, 9):\n    f.write(bytes(1 << 20)); f.flush()\n"
          "    print(f'n={n}', flush=True)", at_most("n", 4), "5.19"),
    _bomb("descriptors", "the number of open files is limited", "import os\nn = 0\n"
          "while True:\n    os.open('/dev/null', 0); n += 1; n % 64 or print(f'n={n}')",
          at_most("n", 1024), "5.19"),
    _bomb("output", "output is cut off at its limit",
          "while True: print('x' * 1000)", _output_is_cut),
    _bomb("results", "results have a size limit",
          "a = bytes(900_000); b = bytes(900_000); c = bytes(2_000_000)", _results_are_cut),
    _bomb("result-files", "the number of returned files is limited",
          "for n in range(100): open(f'{n}.txt', 'w').write('x')", _few("files", "max_files")),
    _bomb("variables", "the number of returned variables is limited",
          "for n in range(1000): globals()[f'v{n}'] = n", _few("variables", "max_variables")),
    _bomb("figures", "the number of figures is limited", CHANNEL + "import zlib\n"
          "def part(k, d): return struct.pack('>I', len(d)) + k + d"
          " + struct.pack('>I', zlib.crc32(k + d))\n"
          "png = b'\\x89PNG\\r\\n\\x1a\\n'"
          " + part(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0))"
          " + part(b'IDAT', zlib.compress(b'\\0\\0')) + part(b'IEND', b'')\n"
          "for _ in range(10): send({'type': 'figure', 'mime': 'image/png'}, png)",
          _few("figures", "max_figures")),
)  # fmt: skip
FORGERIES = (
    _forged("forged-end", "a forged end of the run is noticed",
            "send({'type': 'finished', 'error': None})", _is_crash),
    _forged("forged-message", "an unknown message ends the run",
            "send({'type': 'running'})\nforged = 1", _is_crash),
    _forged("junk", "junk on the runner's channel ends the run",
            "os.write(channel(), b'junk' * 100)", _is_crash),
    Attack("forged-checks", "forgery", "import sys\n"
           "def nothing(*_, **__): return None\n"
           "for module in list(sys.modules.values()):\n"
           "    if '_runner' in getattr(module, '__name__', ''):\n"
           "        for name in ('run', 'describe', '_ended'):\n"
           "            if hasattr(module, name): setattr(module, name, nothing)",
           _checks_failed, guarantee="failed checks can't be made to pass", checks="assert False",
           limits=TIGHT),
)  # fmt: skip
HAZARDS = (
    _forged("pickle", "pickled bytes are never loaded", "import pickle\n"
            "variable('x', pickle.dumps(print))", withheld("x"), "hazard"),
    _forged("decompression", "an array's memory is limited before it is made",
            "variable('x', payload(b'[[],[\"np.array\",\"|V99999999\",[100000],\"C\",null]]'))",
            withheld("x"), "hazard"),
    _forged("picture-bomb", "a picture's pixels are limited before it is read",
            "png = b'\\x89PNG\\r\\n\\x1a\\n\\0\\0\\0\\rIHDR'"
            " + struct.pack('>II', 1 << 30, 1 << 30) + bytes(9)\n"
            "send({'type': 'figure', 'mime': 'image/png'}, png)",
            _few("figures", "max_figures"), "hazard"),
    Attack("returned-path", "hazard", "import pathlib\npath = pathlib.Path('/etc/passwd')",
           _is_a_plain_path, guarantee="a returned path can't open a file of the host"),
    Attack("returned-link", "hazard", "import os\nos.symlink('/etc/passwd', 'passwd.txt')",
           lambda run: "a link came back" if run.files else "",
           guarantee="links don't come back as files"),
)  # fmt: skip
SELECTION = (*ESCAPES, *HOST_FILES, *EXHAUSTION, *FORGERIES, *HAZARDS)
