"""Code that breaks what it shares with the runner: only what it broke is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox import DockerSandbox, Execution, SandboxPolicy

REBINDING = {
    "len": "import builtins; builtins.len = None",
    "open": "import builtins; builtins.open = None",
    "print": "print = None",
    "import": "import builtins; builtins.__import__ = None",
    "no builtins": "import builtins; vars(builtins).clear()",
    "no builtins in main": "del __builtins__",
    "json.dumps": "import json; json.dumps = lambda *a, **k: 1 / 0",
    "json": "import json; json.JSONEncoder = json._default_encoder = json.encoder = None",
    "clock": "import time; time.perf_counter = time.monotonic = None; time.time = lambda: -5",
    "os.write": "import os; os.write = os.getpid = None",
    "os": "import os\nfor n in [*vars(os)]:\n    if n[:2] != '__': setattr(os, n, None)",
    "sys": "import sys; vars(sys).clear()",
    "streams": "import sys; sys.stdout = sys.stderr = sys.__stdout__ = None",
    "a stream that raises": (
        "import sys\nclass S:\n    def write(self, *a): raise SystemExit(3)\n"
        "    flush = write\nsys.stdout = sys.stderr = S()"
    ),
    "no modules": "import sys; sys.modules.clear()",
    "modules": "import sys; sys.modules = sys.meta_path = sys.path = None",
    "import lists": "import sys; sys.meta_path.clear(); sys.path.clear(); sys.path_hooks.clear()",
    "the runner's modules": (
        "import sys\nfor n in list(sys.modules):\n"
        "    if 'codegen' in n: vars(sys.modules.pop(n)).clear()"
    ),
    "the runner's functions": (
        "from _codegen_agent_runner import outputs\n"
        "from _codegen_agent_runner.shared import frames\n"
        "frames.pack_message = outputs.send_values = outputs.chosen = lambda *a: 1 / 0"
    ),
    "libraries": "import pandas, numpy; pandas.DataFrame = numpy.ndarray = None",
    "main": "import sys; del sys.modules['__main__']",
    "threading": "import threading; threading._shutdown = threading._main_thread = None",
    "traceback": "import traceback; traceback.TracebackException = traceback.extract_tb = None",
    "streams of io": "import io; io.BytesIO = io.StringIO = None",
    "contextlib": "import contextlib; contextlib.suppress = None",
    "functools": "import functools, types; functools.partial = types.ModuleType = None",
    "struct": "import struct, array; struct.Struct = array.array = None",
    "hooks": "import sys; sys.excepthook = sys.unraisablehook = sys.displayhook = None",
    "tracer": "import sys\ndef t(*a): raise ValueError\nsys.settrace(t); del t",
    "recursion": "import sys; sys.setrecursionlimit(60)",
    "warnings": "import warnings; warnings.simplefilter('error'); warnings.catch_warnings = None",
    "timer": (
        "import signal\nsignal.signal(signal.SIGALRM, lambda *_: 1 / 0)\nfuse = [0]\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.3, 0.001)[0]"
    ),
    "folder": "import os, tempfile; os.chdir(d := tempfile.mkdtemp()); os.rmdir(d); del d",
    "environment": "import os; os.environ.clear()",
    "decimals": (
        "import decimal; c = decimal.getcontext(); c.prec = 1; c.traps[decimal.Inexact] = True"
    ),
    "limits": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))",
    "numpy": "import numpy; numpy.seterr(all='raise')",
}
EVERY_HOOK = """
def refuse(self, *args, **kwargs):
    raise {exception}

class Meta(type):
    __instancecheck__ = __subclasscheck__ = __getattribute__ = __eq__ = __hash__ = refuse
    __name__ = property(refuse)

class OddClass(metaclass=Meta):
    pass

class Key(str):
    __eq__ = startswith = isidentifier = refuse
    __hash__ = str.__hash__

hooks = '''repr str eq len getattr getattribute reduce reduce_ex array del hash bool iter format
    dir class sizeof'''.split()
for hook in hooks:
    value = property(refuse) if hook == "class" else refuse
    globals()[f"odd_{{hook}}"] = type("Odd", (), {{f"__{{hook}}__": value}})()
picture = type("Picture", (), {{"_repr_png_": refuse}})()
odd_class = OddClass()
globals()[Key("odd key")] = 1
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
figure, axes = plt.subplots()
axes.add_line(type("Line", (Line2D,), {{"draw": refuse}})([0, 1], [0, 1]))
plt.figure()
plt.plot([1, 2])
"""


@pytest.fixture(scope="module")
def strict() -> Iterator[DockerSandbox]:
    policy = SandboxPolicy(timeout_s=30, memory="512m", pids=64)
    with DockerSandbox(policy) as sandbox:
        yield sandbox


def assert_no_internals_shown(run: Execution) -> None:
    """Check what people and models see, except what the user's own code prints."""
    shown = run.stderr + run.detail
    if run.error is not None:
        shown += run.error.message + run.error.traceback
    for trace in ("_codegen_agent", "/opt/", "worker.py", "supervisor.py", "program.py"):
        assert trace not in shown, shown


@pytest.mark.parametrize("code", REBINDING.values(), ids=REBINDING)
def test_what_the_code_rebinds_does_not_matter(strict: DockerSandbox, code: str) -> None:
    run = strict.run(f"print('before')\nx = [41, 1.5]\n{code}", returns=["x"])
    assert (run.outcome, run.stdout, dict(run.variables)) == ("ok", "before\n", {"x": [41, 1.5]})
    assert run.stderr == "", run
    assert_no_internals_shown(run)


@pytest.mark.parametrize("name", ["no modules", "the runner's modules", "import lists"])
def test_what_it_rebinds_in_a_prepared_container_does_not_matter(
    strict: DockerSandbox, name: str
) -> None:
    strict.prepare()
    test_what_the_code_rebinds_does_not_matter(strict, REBINDING[name])


def test_an_exception_is_reported_after_rebinding(strict: DockerSandbox) -> None:
    code = (
        "import builtins, linecache, traceback\nx = 1\n"
        "linecache.getline = traceback.TracebackException = None\n"
        "vars(builtins).clear()\n1 / 0"
    )
    run = strict.run(code, returns=["x"])
    assert run.error is not None
    assert (run.outcome, run.error.name, run.error.line) == ("error", "ZeroDivisionError", 5)
    assert dict(run.variables) == {"x": 1}
    assert_no_internals_shown(run)


def test_a_final_expression_and_checks_see_what_the_code_patched(strict: DockerSandbox) -> None:
    run = strict.run("import time\ntime.time = lambda: 5\ntime.time()")
    assert run.display == 5
    named = "import sys\nsys.path.insert(0, '/tmp/mine')\nclock = lambda: 5"
    checked = strict.run(
        named, checks="import sys\nassert '/tmp/mine' in sys.path and clock() == 5"
    )
    assert checked.check_error is None


@pytest.mark.parametrize(
    "exception", ["SystemExit(3)", "KeyboardInterrupt", "GeneratorExit", "ValueError('no')"]
)
def test_a_value_that_raises_is_lost_alone(strict: DockerSandbox, exception: str) -> None:
    run = strict.run("x = 41\n" + EVERY_HOOK.format(exception=exception) + "y = 42\npicture")
    assert run.outcome == "ok", run
    assert dict(run.variables)["x"] == 41
    assert dict(run.variables)["y"] == 42
    odd = {name for name in run.withheld if name.startswith("odd_")}
    assert len(odd) == 17, run.withheld
    assert len(run.figures) == 1
    assert "figure 1 could not be rendered" in run.detail
    assert_no_internals_shown(run)


@pytest.mark.parametrize("exception", ["SystemExit(3)", "KeyboardInterrupt", "ValueError('no')"])
def test_an_exception_class_that_raises_when_inspected(
    strict: DockerSandbox, exception: str
) -> None:
    code = (
        f"x = 1\ndef refuse(*a): raise {exception}\n"
        "class M(type):\n    __getattribute__ = refuse\n    __name__ = property(refuse)\n"
        "class E(Exception, metaclass=M):\n    __str__ = __repr__ = refuse\n"
        "    __class__ = property(refuse)\nraise E"
    )
    run = strict.run(code, returns=["x"])
    assert run.error is not None
    assert (run.outcome, run.error.name, dict(run.variables)) == ("error", "E", {"x": 1})
    assert_no_internals_shown(run)


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.closerange(3, 1000)",
        "import os; os.closerange(0, 1000)",
        "import gc\nfor found in gc.get_objects():\n    if type(found) is dict: found.clear()",
    ],
    ids=["files", "all files", "dictionaries"],
)
def test_damage_beyond_recovery_is_a_crash_with_a_reason(strict: DockerSandbox, code: str) -> None:
    run = strict.run(f"print('before')\n{code}")
    assert (run.outcome, run.stdout) == ("crashed", "before\n")
    assert "broke the process it ran in" in run.detail or "SIGSEGV" in run.detail, run
    assert_no_internals_shown(run)


def test_a_fork_that_reaches_the_end_of_the_code_ends_there(strict: DockerSandbox) -> None:
    run = strict.run(
        "import os\nx = 1\nchild = os.fork()\nif child == 0:\n    print('child')\n    1 / 0\n"
        "status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\ndel child"
    )
    assert (run.outcome, run.detail) == ("ok", "")
    assert dict(run.variables) == {"x": 1, "status": 1}
    assert run.stdout == "child\n"
    assert "ZeroDivisionError" in run.stderr
    assert_no_internals_shown(run)
