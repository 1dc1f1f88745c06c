"""Code that breaks the interpreter it shares with our program: nothing of ours shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox import DockerSandbox, Execution, SandboxPolicy

pytestmark = pytest.mark.docker
BEFORE = "print('before')\nx = 41\n"
OUR_WORDS = ("_codegen_agent_runner", "/opt/", "supervisor", "worker.py")
REPLACED = {
    "a clock": "import time\ntime.perf_counter = None",
    "all of os": "import os\nfor n in dir(os):\n    if n[0] != '_': setattr(os, n, None)",
    "json": "import json\njson.dumps = lambda *a, **k: 1 / 0",
    "len": "import builtins\nbuiltins.len = None",
    "isinstance": "import builtins\nbuiltins.isinstance = lambda *a: 1 / 0",
    "type": "import builtins\nbuiltins.type = None",
    "stdout": "import sys\nsys.stdout = None",
    "odd stdout": "import sys\nclass S:\n    def flush(self): raise SystemExit\nsys.stdout = S()",
    "modules": "import sys\nsys.modules.clear()",
    "finders": "import sys\nsys.meta_path.clear(); sys.path.clear(); sys.path_hooks.clear()",
    "warnings": "import warnings\nwarnings.simplefilter('error')",
    "threads' end": "import threading\nthreading._shutdown = lambda: 1 / 0",
    "folder": "import os\nhere = os.getcwd()\nos.chdir('/tmp')\nos.rmdir(here)",
    "environment": "import os\nos.environ.clear()",
    "our framing": "import _codegen_agent_runner.frames as f\nf.pack_message = None",
    "our sending": "import _codegen_agent_runner.outputs as f\nf.send = lambda *a: 1 / 0",
    "a timer": (
        "import signal\nsignal.signal(signal.SIGALRM, lambda *a: 1 / 0)\n"
        "signal.setitimer(signal.ITIMER_REAL, 60, 0.0001)"
    ),
    "a library": "import pandas as pd, numpy as np\npd.DataFrame = np.ndarray = None",
    "main": "import sys\ndel sys.modules['__main__']",
}
HOSTILE = {
    "picture": "def _repr_png_(self): raise SystemExit(4)",
    "interrupted picture": "def _repr_png_(self): raise KeyboardInterrupt",
    "repr": "def __repr__(self): raise KeyboardInterrupt",
    "class": "@property\n    def __class__(self): raise SystemExit(4)",
    "attributes": "def __getattribute__(self, name): raise SystemExit(4)",
    "array": "def __array__(self, *a, **k): raise SystemExit(4)",
    "length": "def __len__(self): raise SystemExit(4)",
    "equality": "def __eq__(self, other): raise SystemExit(4)",
    "reduction": "def __reduce__(self): raise SystemExit(4)",
}
RAISING = {
    "hook": "import sys\nsys.excepthook = lambda *a: 1 / 0\nraise ValueError('mine')",
    "lines": "import linecache\nlinecache.cache = None\nraise ValueError('mine')",
    "traceback": "import traceback\ntraceback.TracebackException = None\nraise ValueError('mine')",
    "text": (
        "class ValueError(Exception):\n    def __str__(self): raise SystemExit\nraise ValueError"
    ),
    "tracer": "import sys\ndef t(*a): raise ValueError('mine')\nsys.settrace(t)\n(lambda: 0)()",
}
FORGING = (
    "import gc, os, _codegen_agent_runner.worker as w\n"
    "for one in gc.get_objects():\n"
    "    if type(one) is w.Channel:\n"
    "        one.send({message})\n"
)


@pytest.fixture(scope="module")
def strict() -> Iterator[DockerSandbox]:
    with DockerSandbox(SandboxPolicy(timeout_s=30, memory="512m")) as sandbox:
        yield sandbox


def shown(run: Execution) -> str:
    return "\n".join((run.stderr, run.error.traceback if run.error else "", run.detail))


@pytest.mark.parametrize("code", REPLACED.values(), ids=REPLACED)
def test_what_it_replaces_does_not_matter_to_us(strict: DockerSandbox, code: str) -> None:
    run = strict.run(BEFORE + code)
    assert run.outcome == "ok", run
    assert run.stdout == "before\n"
    assert run.variables["x"] == 41
    assert not any(words in shown(run) for words in OUR_WORDS)


@pytest.mark.parametrize("method", HOSTILE.values(), ids=HOSTILE)
def test_an_odd_value_is_withheld_alone(strict: DockerSandbox, method: str) -> None:
    run = strict.run(f"{BEFORE}class Odd:\n    {method}\nodd = Odd()\nodd")
    assert run.outcome == "ok", run
    assert run.variables == {"x": 41}
    assert run.withheld["odd"].startswith("__main__.Odd")
    assert not any(words in shown(run) for words in OUR_WORDS)


@pytest.mark.parametrize("code", RAISING.values(), ids=RAISING)
def test_an_exception_is_told_all_the_same(strict: DockerSandbox, code: str) -> None:
    run = strict.run(BEFORE + code)
    assert run.outcome == "error", run
    assert run.error is not None
    assert run.error.name == "ValueError"
    assert run.variables["x"] == 41
    assert not any(words in shown(run) for words in OUR_WORDS)


@pytest.mark.parametrize(
    "code",
    [
        "import builtins\nfor n in dir(builtins):\n    if n[0] != '_': setattr(builtins, n, None)",
        "import os\nfor n in range(1024):\n    try:\n        os.close(n)\n    except OSError: pass",
        "import gc\nfor one in gc.get_objects():\n    if type(one) is dict: one.clear()",
    ],
    ids=["all builtins", "all streams", "all dicts"],
)
def test_when_nothing_is_left_it_has_crashed(strict: DockerSandbox, code: str) -> None:
    run = strict.run(BEFORE + code)
    assert run.outcome == "crashed"
    assert run.detail
    assert run.stdout == "before\n"
    assert not any(words in shown(run) for words in OUR_WORDS)


def test_a_forged_message_from_before_the_code_is_refused(strict: DockerSandbox) -> None:
    message = {"type": "unloadable", "variable": "x", "reason": "forged"}
    run = strict.run(BEFORE + FORGING.format(message=message))
    assert run.outcome == "ok"
    assert "unexpected message of type 'unloadable'" in run.detail
    run = strict.run(BEFORE + FORGING.format(message=message) + "os._exit(0)")
    assert run.outcome == "crashed"


def test_forged_names_and_texts_are_refused_or_made_plain(strict: DockerSandbox) -> None:
    for name in ("class", "a b", "\x1b[31m", "x" * 1000):
        message = {"type": "withheld", "name": name, "value_type": "int", "reason": "r"}
        assert name not in strict.run(BEFORE + FORGING.format(message=message)).withheld
    message = {"type": "withheld", "name": "y", "value_type": "i\x1b[31m", "reason": "r\nr"}
    withheld = strict.run(BEFORE + FORGING.format(message=message)).withheld
    assert withheld["y"] == "i\\x1b[31m: r\\nr"
