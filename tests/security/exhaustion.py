"""Programs that want more than their share: memory, processes, disk, output, results, time."""

from __future__ import annotations

from typing import Any

from sandbox.policy import parse_size
from sandbox.records import Execution
from sandbox.security.attack import CHANNEL, Attack, Check
from sandbox.security.selection import TIGHT, at_most, ended_by

SHORT_S = 1.0
GRACE_S = 30.0
MEMORY = ended_by("out_of_memory")
ANY_LIMIT = ended_by("error", "timeout", "out_of_memory", "crashed", "output_limit")
FILL = "data = bytes(1 << 20)\n"


def _bomb(id_: str, program: str, check: Check, **limits: Any) -> Attack:
    return Attack(id_, "exhaustion", program, check, limits={**TIGHT, **limits})


def _endless(id_: str, program: str) -> Attack:
    return _bomb(id_, program, _ended_in_time, timeout_s=SHORT_S)


def _ended_in_time(run: Execution) -> str:
    if run.outcome == "timeout" and run.duration_s < SHORT_S + GRACE_S:
        return ""
    return f"it ended as {run.outcome!r} after {run.duration_s:.0f} s"


def harmless(run: Execution) -> str:
    """Check that nothing big came back, whatever the outcome was."""
    texts = run.stdout, run.stderr, run.display_text, run.detail, *run.withheld.values()
    errors = [error for error in (run.error, run.check_error) if error is not None]
    texts += tuple(text for error in errors for text in (error.message, error.traceback))
    most = parse_size(TIGHT["max_output"]) + 40_000
    if any(len(text) > most for text in texts):
        return "a text of unlimited length came back"
    names = [*run.variables, *run.withheld, *run.files]
    if len(names) > 200 or any(len(name) > 300 for name in names):
        return f"{len(names)} names came back"
    size = sum(len(payload.data) for payload in run.payloads.values())
    size += sum(map(len, run.files.values())) + sum(len(figure.data) for figure in run.figures)
    return f"{size} bytes came back" if size > parse_size(TIGHT["max_result"]) else ""


MEMORY_BOMBS = (
    _bomb("numpy", "import numpy\nx = numpy.ones(1 << 27)", MEMORY),
    _bomb("doubling", "x = [0]\nwhile True: x += x", MEMORY),
    _bomb("absurd", "x = [0] * 10**13", MEMORY),
    _bomb("string", "x = 'x' * (1 << 30)", MEMORY),
    _bomb("children-together", "import os\nfor _ in range(8):\n    if os.fork() == 0: break\n"
          "x = []\nwhile True: x.append(bytearray(1 << 20))", MEMORY),
    _bomb("shared-memory", f"{FILL}n = 0\nwhile True:\n"
          "    with open(f'/dev/shm/{n}', 'wb') as f: f.write(data)\n"
          "    n += 1; print(f'n={n}', flush=True)", at_most("n", 8)),
    _bomb("anonymous-files", f"import os\n{FILL}fd = os.memfd_create('x')\nn = 0\nwhile True:\n"
          "    os.write(fd, data)\n    n += 1; print(f'n={n}', flush=True)", at_most("n", 192)),
    _bomb("system-v", "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.shmat.restype = "
          "ctypes.c_void_p\nn = 0\nwhile True:\n    number = libc.shmget(0, 1 << 20, 0o1600)\n"
          "    if number < 0: raise OSError('shmget')\n"
          "    ctypes.memset(libc.shmat(number, None, 0), 1, 1 << 20)\n"
          "    n += 1; print(f'n={n}', flush=True)", at_most("n", 192)),
    _bomb("pipes", f"import fcntl, os\n{FILL}n = 0\nwhile True:\n    r, w = os.pipe()\n"
          "    fcntl.fcntl(w, 1031, 1 << 20); os.write(w, data)\n"
          "    n += 1; print(f'n={n}', flush=True)", at_most("n", 192)),
    _bomb("sockets", "import socket\nkept, n = [], 0\nwhile True:\n"
          "    a, b = socket.socketpair(); a.setblocking(False); kept += [a, b]\n"
          "    try:\n        while True: n += a.send(bytes(4096)) / (1 << 20)\n"
          "    except BlockingIOError: print(f'n={int(n)}', flush=True)", at_most("n", 192)),
)  # fmt: skip
PROCESS_BOMBS = (
    _bomb("forks-of-forks", "import os\nwhile True: os.fork()", ANY_LIMIT, timeout_s=5),
    _bomb("threads", "import threading, time\nn = 1\nwhile True:\n"
          "    threading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
          "    n += 1; print(f'n={n}', flush=True)", at_most("n", TIGHT["pids"])),
    _bomb("zombies", "import os\nn = 0\nwhile True:\n    if os.fork() == 0: os._exit(0)\n"
          "    n += 1; print(f'n={n}', flush=True)", at_most("n", TIGHT["pids"])),
    _bomb("daemons", "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n"
          "        os.setsid()\n        if os.fork() == 0: time.sleep(99)\n        os._exit(0)",
          ended_by("ok")),
    _bomb("terminals", "import os\nn = 0\nwhile True:\n    os.openpty()\n    n += 2\n"
          "    print(f'n={n}', flush=True)", at_most("n", 1024)),
)  # fmt: skip
DISK_BOMBS = (
    _bomb("sparse-file", "with open('big', 'wb') as f: f.truncate(1 << 40)", ended_by("error")),
    _bomb("sparse-files", "for n in range(50):\n"
          "    with open(f'{n}', 'wb') as f: f.truncate(4 << 20)", harmless),
    _bomb("deep-folders", "import os\nfor _ in range(3000):\n    os.mkdir('d'); os.chdir('d')\n"
          "open('f', 'w').write('x')", harmless),
    _bomb("many-folders", "import os\nfor n in range(20_000): os.mkdir(f'{n}')", harmless),
    _bomb("long-names", "for n in range(200): open(f'{n}' + 'x' * 240, 'w').write('x')", harmless),
    _bomb("growing-file", "import os\nif os.fork() == 0:\n    f = open('grows', 'wb')\n"
          "    while f.tell() < 3 << 20: f.write(b'x' * 100); f.flush()", harmless),
    _bomb("pipe-as-file", "import os\nos.mkfifo('pipe')", harmless),
    _bomb("device-link", "import os\nos.symlink('/dev/zero', 'zero.csv')", harmless),
    _bomb("loop-of-links", "import os\nos.symlink('a', 'b'); os.symlink('b', 'a')\n"
          "os.mkdir('d'); os.symlink('..', 'd/up')", harmless),
)  # fmt: skip
OUTPUT_BOMBS = (
    _bomb("stderr", "import os\nwhile True: os.write(2, b'x' * 5000)", ended_by("output_limit")),
    _bomb("one-line", "import sys\nwhile True: sys.stdout.write('x' * 65536)",
          ended_by("output_limit")),
    _bomb("by-children", "import subprocess\nsubprocess.run(['yes'])", ended_by("output_limit")),
    _bomb("long-repr", "class R:\n    def __repr__(self): return 'x' * 10**8\nR()", harmless),
    _bomb("long-message", "raise ValueError('x' * 10**7)", harmless),
    _bomb("long-traceback", "def f(n): return f(n + 1)\nf(0)", harmless),
    _bomb("chain-of-errors", "error = None\nfor n in range(3000):\n    new = ValueError('x' * 99)\n"
          "    new.__cause__ = error; error = new\nraise error", harmless),
    _bomb("group-of-errors", "raise ExceptionGroup('g', [ValueError('x' * 999)] * 5000)",
          harmless),
    _bomb("long-name", "globals()['x' * 10**6] = 1", harmless),
    _bomb("deep-list", "x = []\nfor _ in range(100_000): x = [x]", harmless),
    _bomb("endless-list", "x = []\nx.append(x)", harmless),
    _bomb("shared-list", "x = [1]\nfor _ in range(60): x = [x, x]", harmless),
    _bomb("many-values", "x = list(range(10**6))", harmless),
    _bomb("large-number", "x = 7 ** 3_000_000", harmless),
    _bomb("text", "x = 'x' * (8 << 20)", harmless),
    _bomb("frame", "import pandas\nx = pandas.DataFrame({'a': ['y' * 999] * 5000})", harmless),
)  # fmt: skip
MESSAGE_BOMBS = (
    _bomb("many-messages", f"{CHANNEL}for _ in range(100_000):\n"
          "    send({'type': 'withheld', 'name': 'x'})", harmless),
    _bomb("wide-header", f"{CHANNEL}send({{'type': 'x', 'list': [0] * 400_000}})", harmless),
    _bomb("deep-header", f"{CHANNEL}send(b'[' * 100_000)", harmless),
    _bomb("announced-body", f"{CHANNEL}send({{'type': 'figure'}}, b'', (17, 1 << 62))", harmless),
    _bomb("announced-header", f"{CHANNEL}send(b'', b'', ((1 << 32) - 1, 0))", harmless),
    _bomb("half-a-message", f"{CHANNEL}send({{'type': 'variable'}}, b'', (20, 500_000))\n"
          "while True: pass", _ended_in_time, timeout_s=SHORT_S),
    _bomb("results-flood", f"{CHANNEL}while True:\n"
          "    send({'type': 'figure', 'mime': 'image/png'}, bytes(500_000))", harmless),
)  # fmt: skip
ENDLESS = (
    _endless("busy", "while True: pass"),
    _endless("sleep", "import time\ntime.sleep(1000)"),
    _endless("stopped", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
    _endless("pattern", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')"),
    _endless("power", "x = 3 ** (3 ** 19)"),
    _endless("thread", "import threading\nthreading.Thread(target=threading.Event().wait).start()"),
    _endless("at-exit", "import atexit\natexit.register(lambda: [0 for n in iter(int, 1) if n])"),
    _endless("alarms", "import signal\nsignal.signal(signal.SIGALRM, lambda *_: None)\n"
             "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.0001)\nwhile True: pass"),
    _endless("reads-input", "import os\nr, w = os.pipe()\nos.read(r, 1)"),
    _endless("repr", "class R:\n    def __repr__(self):\n        while True: pass\nR()"),
    _endless("iterator", "x = sum(iter(int, 1))"),
)  # fmt: skip
ALL = (
    *MEMORY_BOMBS,
    *PROCESS_BOMBS,
    *DISK_BOMBS,
    *OUTPUT_BOMBS,
    *MESSAGE_BOMBS,
    *ENDLESS,
)
