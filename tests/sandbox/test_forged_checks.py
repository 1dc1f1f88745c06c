"""Code that wants its checks to pass without giving the right answer: each attempt fails.

Every program here leaves a wrong ``answer``, and does something to the process, to Python or to
the value, so that ``assert answer == 41`` would pass where the code shares the checks' process.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox import DockerSandbox, SandboxPolicy
from sandbox.runner.shared import frames

FINISHED = frames.pack_message({"type": "finished", "error": None, "check_error": None})
VERDICT = frames.pack_message({"type": "checked", "error": None, "digests": {}})
TO_ALL = """
import os
def tell(data):
    for fd in range(3, 64):
        try: os.write(fd, data)
        except OSError: pass
"""
OTHERS = """
import os, signal
others = [int(n) for n in os.listdir('/proc') if n.isdigit() and int(n) not in (1, os.getpid())]
"""
ENDING = {
    "exit": "import os; os._exit(0)",
    "forged end": f"{TO_ALL}tell({FINISHED!r}); os._exit(0)",
    "forged verdict": f"{TO_ALL}tell({VERDICT!r}); os._exit(0)",
    "forged verdict in a chunk": (
        f"{TO_ALL}tell({frames.pack_chunk(frames.VERDICT, VERDICT)!r}); os._exit(0)"
    ),
    "forged end, still running": f"answer = 40\n{TO_ALL}tell({FINISHED!r})",
    "forged verdict, still running": f"answer = 40\n{TO_ALL}tell({VERDICT!r})",
    "exit in an exit function": (
        "import atexit, os\nanswer = 40\natexit.register(lambda: os._exit(0))"
    ),
    "exit when asked": (
        "import os, threading\nclass Late:\n    def __reduce__(self): os._exit(0)\n"
        "    __getattr__ = __eq__ = lambda *a: os._exit(0)\nanswer = Late()"
    ),
    "kill the checks": f"answer = 40\n{OTHERS}for n in others: os.kill(n, signal.SIGKILL)",
    "kill all": "import os\nanswer = 40\nos.kill(-1, 9)",
    "interrupt the checks": (
        f"answer = 40\n{OTHERS}for n in others:\n    for s in (2, 3, 10, 12, 14, 15): os.kill(n, s)"
    ),
    "starve the checks": (
        f"answer = 40\n{OTHERS}import resource\nfor n in others:\n"
        "    resource.prlimit(n, resource.RLIMIT_AS, (1 << 20, 1 << 20))"
    ),
    "closed files": "import os\nanswer = 40\nos.closerange(3, 1000)",
    "filled line": (
        "import os, socket\nanswer = 40\nfor fd in range(3, 64):\n    try:\n"
        "        s = socket.socket(fileno=fd); s.setblocking(False)\n"
        "        while True: s.send(b'x' * 65536)\n    except OSError: pass\n    else: pass"
    ),
    "forged answers": (
        "import os, socket\nanswer = 40\n"
        "from _codegen_agent_runner.shared import frames\n"
        "forged = {'type': 'value', 'coded': False, 'number': 0, 'value_type': 'int'}\n"
        "for fd in range(3, 64):\n"
        "    try: socket.socket(fileno=os.dup(fd)).send(frames.pack_message(forged))\n"
        "    except Exception: pass"
    ),
}
VALUES = {
    "an object equal to all": "class A:\n    __eq__ = lambda *a: True\nanswer = A()",
    "an integer equal to all": (
        "class A(int):\n    __eq__ = lambda *a: True\n    __hash__ = None\nanswer = A(40)"
    ),
    "a text equal to all": "class A(str):\n    __eq__ = lambda *a: True\nanswer = A('40')",
    "a class equal to all": (
        "class M(type):\n    __eq__ = lambda *a: True\nclass answer(metaclass=M): pass"
    ),
    "mock.ANY": "from unittest.mock import ANY as answer",
    "MagicMock": (
        "from unittest.mock import MagicMock\nanswer = MagicMock()\nanswer.__eq__ = lambda *a: True"
    ),
    "an array equal to all": (
        "import numpy\nclass A(numpy.ndarray):\n    __eq__ = lambda *a: True\n"
        "answer = numpy.array([40]).view(A)"
    ),
    "a frame equal to all": (
        "import pandas\nclass A(pandas.DataFrame):\n    __eq__ = lambda *a: True\n"
        "answer = A({'a': [40]})"
    ),
    "a dataclass equal to all": (
        "from dataclasses import dataclass\n@dataclass(eq=False)\nclass A:\n    x: int = 40\n"
        "    __eq__ = lambda *a: True\nanswer = A()"
    ),
    "a named tuple equal to all": (
        "from collections import namedtuple\nclass A(namedtuple('A', 'x')):\n"
        "    __eq__ = lambda *a: True\nanswer = A(40)"
    ),
    "a property": "answer = property(lambda *a: 41)",
    "an enum equal to all": (
        "import enum\nclass A(enum.Enum):\n    X = 40\n    __eq__ = lambda *a: True\n"
        "    __hash__ = None\nanswer = A.X"
    ),
    "a list that holds one": (
        "class A:\n    __eq__ = lambda *a: True\nclass L(list):\n    __eq__ = lambda *a: True\n"
        "answer = L([A()])"
    ),
}
PYTHON = {
    "AssertionError": "import builtins\nbuiltins.AssertionError = type('E', (SystemExit,), {})",
    "a name of Python": "AssertionError = None\nlen = abs = lambda *a: 0",
    "hooks": "import sys\nsys.excepthook = sys.unraisablehook = lambda *a: None",
    "the runner": (
        "from _codegen_agent_runner import program, worker, outputs\n"
        "from _codegen_agent_runner.checks import checker, lender, line, proxies\n"
        "program.run = worker._lend = lambda *a, **k: program.Result()\n"
        "checker.Checker.run = lambda *a: None\nproxies.refuse = lambda *a: True"
    ),
    "the encoder": (
        "from _codegen_agent_runner.encoding import builtin_values\n"
        "from _codegen_agent_runner import encode\n"
        "encode._BY_TYPE[int] = lambda writer, value: 41 if value == 40 else value"
    ),
    "the encoder for the checks": (
        "from _codegen_agent_runner.checks import lender\nreal = lender.encode_value\n"
        "lender.Lender._send_variable.__globals__['_encoded'] = (\n"
        "    lambda value: real(41 if value == 40 else value))\n"
        "lender.Lender._send_variable.__code__ = (lambda self, name, value, known:\n"
        "    self._send_parts(41, _encoded(41), {})).__code__"
    ),
    "clocks": "import time\ntime.perf_counter = time.monotonic = time.time = lambda: 0.0",
    "tracing": "import sys\nsys.settrace(lambda *a: None)",
    "garbage": (
        "import gc\nfor found in gc.get_objects():\n"
        "    if type(found) is dict and 'answer' in found: found['answer'] = 40"
    ),
    "a module of the same name": (
        "import os, sys\nopen('statistics.py', 'w').write('mean = lambda *a: 41')\n"
        "open('math.py', 'w').write('isclose = lambda *a: True')\nsys.path.insert(0, os.getcwd())"
    ),
    "a thread that outlives": (
        "import threading, time\ndef late():\n    global answer\n    while True:\n"
        "        time.sleep(0.001)\n        answer = 41 if answer == 40 else 40\n"
        "threading.Thread(target=late, daemon=True)"
    ),
    "a child that answers": (
        "import os, time\nif os.fork() == 0:\n    answer = 41\n    time.sleep(0.2)\n    os._exit(0)"
    ),
}
SHARED = {**{name: f"answer = 40\n{code}" for name, code in PYTHON.items()}, **VALUES, **ENDING}
TRACING = """
import ctypes, os
answer = 40
libc = ctypes.CDLL(None, use_errno=True)
others = [int(n) for n in os.listdir('/proc') if n.isdigit() and int(n) not in (1, os.getpid())]
opened = []
for n in others:
    if libc.ptrace(16, n, None, None) == 0: opened.append(('ptrace', n))
    buffer = (ctypes.c_char * 8)()
    for path in ('mem', 'fd', 'environ', 'maps'):
        try:
            os.listdir(f'/proc/{n}/fd') if path == 'fd' else open(f'/proc/{n}/{path}', 'rb').read(1)
        except OSError: pass
        else: opened.append((path, n))
"""


@pytest.fixture(scope="module")
def strict() -> Iterator[DockerSandbox]:
    with DockerSandbox(SandboxPolicy(timeout_s=20, memory="512m", pids=64)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("code", SHARED.values(), ids=SHARED)
def test_no_forgery_passes(strict: DockerSandbox, code: str) -> None:
    run = strict.run(code, checks="assert answer == 41")
    assert run.outcome != "ok" or run.check_error is not None, run


COMPARISONS = """
import math
import numpy as np
passed = []
try:
    assert 41 == answer
    passed.append("reversed")
except Exception: pass
try:
    assert abs(answer - 41) < 1e-9
    passed.append("difference")
except Exception: pass
try:
    assert answer in (41, 42)
    passed.append("one of several")
except Exception: pass
try:
    assert not answer != 41
    passed.append("not unequal")
except Exception: pass
try:
    assert np.allclose(answer, 41)
    passed.append("NumPy's")
except Exception: pass
try:
    assert math.isclose(answer, 41)
    passed.append("isclose")
except Exception: pass
raise LookupError(repr(passed))
"""


@pytest.mark.parametrize("code", VALUES.values(), ids=VALUES)
def test_no_other_comparison_is_the_codes_either(strict: DockerSandbox, code: str) -> None:
    run = strict.run(code, checks=COMPARISONS)
    assert run.check_error is not None, run
    assert (run.check_error.name, run.check_error.message) == ("LookupError", "[]")


def test_the_process_of_the_checks_can_not_be_looked_into(strict: DockerSandbox) -> None:
    run = strict.run(TRACING, checks="assert len(others) == 1 and opened == []")
    assert (run.outcome, run.check_error) == ("ok", None)


def test_the_code_does_not_see_its_checks(strict: DockerSandbox) -> None:
    run = strict.run(
        "import gc\nseen = [o for o in gc.get_objects() if type(o) is dict and\n"
        "        any(type(v) is str and 'MAGIC' + 'WORD' in v for v in list(o.values()))]\n"
        "seen = len(seen)",
        checks="MAGICWORD = 1\nassert seen == 0",
    )
    assert (run.outcome, run.check_error) == ("ok", None)


def test_checks_that_can_not_run_say_so(strict: DockerSandbox) -> None:
    run = strict.run(ENDING["kill the checks"], checks="assert answer == 40")
    assert run.check_error is not None
    assert (run.outcome, run.check_error.name) == ("ok", "ChecksNotRun")


def test_another_value_for_the_checks_than_for_the_result(strict: DockerSandbox) -> None:
    code = f"answer = 40\n{PYTHON['the encoder for the checks']}"
    run = strict.run(code, checks="assert answer == 41")
    assert run.check_error is not None
    assert run.check_error.name == "ChecksNotRun"


def test_a_forged_time_is_not_believed(strict: DockerSandbox) -> None:
    run = strict.run(f"import time\ntime.sleep(0.3)\n{PYTHON['clocks']}")
    assert 0.3 <= run.duration_s < 20
