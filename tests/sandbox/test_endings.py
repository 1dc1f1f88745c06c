"""Every outcome, each with a real program in a real container."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox import DockerSandbox, Execution, SandboxPolicy

SHORT_S = 4.0
EXIT_IN_THREAD = """
import threading, sys
thread = threading.Thread(target=sys.exit, args=(3,))
thread.start()
thread.join()
"""
IGNORE_SIGNALS = """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
time.sleep(1000)
"""


POLICY = SandboxPolicy(
    timeout_s=60, memory="256m", pids=48, scratch="32m", max_file="24m", max_output="64k"
)


@pytest.fixture(scope="module")
def strict() -> Iterator[DockerSandbox]:
    """A sandbox with tight limits, which are reached quickly."""
    with DockerSandbox(POLICY) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def hasty() -> Iterator[DockerSandbox]:
    """The same with a short time limit, for code that reaches it."""
    with DockerSandbox(replace(POLICY, timeout_s=SHORT_S)) as sandbox:
        yield sandbox


def test_ok(strict: DockerSandbox) -> None:
    run = strict.run("print('hello')\nx = 41 + 1\nx")
    assert (run.outcome, run.stdout, run.display) == ("ok", "hello\n", 42)
    assert run.variables == {"x": 42}
    assert run.duration_s < POLICY.timeout_s


def test_an_exception_keeps_earlier_results(strict: DockerSandbox) -> None:
    run = strict.run(
        "import sys\nprint('before')\nprint('warned', file=sys.stderr)\nx = 1\n\n1 / 0\ny = 2"
    )
    assert run.outcome == "error"
    assert run.error is not None
    assert (run.error.name, run.error.message) == ("ZeroDivisionError", "division by zero")
    assert run.error.line == 6
    assert 'File "generated_code.py", line 6' in run.error.traceback
    assert "_codegen" not in run.error.traceback
    assert (run.stdout, run.stderr) == ("before\n", "warned\n")
    assert run.variables == {"x": 1}


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("import sys; sys.exit()", "ok"),
        ("import sys; sys.exit(0)", "ok"),
        ("import sys; sys.exit(2)", "error"),
        ("import sys; sys.exit('no')", "error"),
        (
            EXIT_IN_THREAD,
            "ok",
        ),
        ("import os; os._exit(0)", "crashed"),
        ("import os; os._exit(7)", "crashed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed"),
        ("import ctypes; ctypes.string_at(0)", "crashed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "crashed"),
        ("import os; os.abort()", "crashed"),
        ("import nothing_of_this_name", "missing_package"),
        ("raise MemoryError", "out_of_memory"),
        ("def f(): return f()\nf()", "error"),
        ("raise KeyboardInterrupt", "error"),
        ("x = (", "error"),
    ],
)
def test_outcome(strict: DockerSandbox, code: str, outcome: str) -> None:
    run = strict.run("print('before', end='')\n" + code if code != "x = (" else code)
    assert run.outcome == outcome, run
    if code != "x = (":
        assert run.stdout.startswith("before")


def test_a_crash_says_what_killed_it(strict: DockerSandbox) -> None:
    run = strict.run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert "SIGSEGV" in run.detail
    assert "code 7" in strict.run("import os; os._exit(7)").detail


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(1000)",
        IGNORE_SIGNALS,
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()",
        "import os, time\nfor _ in range(3):\n    os.fork()\ntime.sleep(1000)",
    ],
    ids=["loop", "sleep", "ignored signals", "thread left", "children"],
)
def test_timeout_keeps_the_output(hasty: DockerSandbox, code: str) -> None:
    run = hasty.run("print('before')\n" + code)
    assert run.outcome == "timeout"
    assert run.stdout == "before\n"
    assert f"{SHORT_S:g} s" in run.detail
    assert run.duration_s < SHORT_S + 5


@pytest.mark.parametrize(
    "code",
    [
        "x = bytearray(1 << 30)",
        "x = []\nwhile True: x.append(bytearray(1 << 20))",
        "x = [0] * 10**12",
        "import numpy as np\nx = np.ones((1 << 28,))",
    ],
    ids=["at once", "bit by bit", "absurd", "numpy"],
)
def test_memory_bombs(strict: DockerSandbox, code: str) -> None:
    run = strict.run("print('before')\n" + code)
    assert run.outcome == "out_of_memory", run
    assert run.stdout == "before\n"
    assert "256 MiB" in run.detail


def test_fork_bomb(strict: DockerSandbox) -> None:
    run = strict.run("import os\nprint('before')\nwhile True:\n    os.fork()")
    assert run.outcome in ("error", "timeout", "out_of_memory")  # whichever limit comes first
    assert run.stdout.startswith("before")


def test_thread_bomb(strict: DockerSandbox) -> None:
    run = strict.run(
        "import threading, time\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()"
    )
    assert run.outcome == "error"
    assert run.error is not None
    assert "thread" in run.error.message


def test_filling_the_scratch_space(strict: DockerSandbox) -> None:
    run = strict.run("for i in range(100):\n    open(f'{i}', 'wb').write(bytes(4 << 20))")
    assert run.error is not None
    assert "No space left" in run.error.message
    files = strict.run("for i in range(200_000):\n    open(f'{i}', 'wb').close()")
    assert files.error is not None
    assert "No space left" in files.error.message


def test_one_big_file(strict: DockerSandbox) -> None:
    run = strict.run("open('big', 'wb').write(bytes(25 << 20))")
    assert run.error is not None
    assert "File too large" in run.error.message


@pytest.mark.parametrize(
    "code",
    [
        "while True: print('x' * 1000)",
        "import os\nwhile True: os.write(2, b'x' * 1000)",
        "import sys\nsys.stdout.write('x' * (1 << 30))",
        "import sys\nfor _ in range(1 << 14): sys.stdout.write('x' * (1 << 16))",
        "import subprocess\nsubprocess.run(['yes'])",
    ],
    ids=["lines", "stderr", "a gigabyte at once", "a gigabyte without newline", "a child"],
)
def test_output_limit(strict: DockerSandbox, code: str) -> None:
    run = strict.run(code)
    assert run.outcome in ("output_limit", "out_of_memory" if "1 << 30" in code else "output_limit")
    if run.outcome == "output_limit":
        assert len(run.stdout) + len(run.stderr) == 64 << 10
        assert "65536 bytes" in run.detail


def test_output_that_is_not_text(strict: DockerSandbox) -> None:
    run = strict.run("import os\nos.write(1, b'\\xff\\xfe no newline')")
    assert run.outcome == "ok"
    assert run.stdout == "\ufffd\ufffd no newline"


def test_closed_streams(strict: DockerSandbox) -> None:
    run = strict.run("import os, sys\nx = 1\nsys.stdout.close(); os.close(1); os.close(2)")
    assert (run.outcome, dict(run.variables)) == ("ok", {"x": 1})
    assert strict.run("import os; os.closerange(0, 1000)").outcome == "crashed"


def test_a_child_may_kill_its_parent_but_not_process_1(strict: DockerSandbox) -> None:
    run = strict.run(
        "import os, signal\nprint('before')\n"
        "if os.fork() == 0:\n    os.kill(1, signal.SIGKILL)\n"
        "    os.kill(os.getppid(), signal.SIGKILL)\n"
        "import time; time.sleep(1000)"
    )
    assert run.outcome == "crashed"
    assert "SIGKILL" in run.detail
    assert run.stdout == "before\n"


def test_a_child_that_outlives_its_parent(strict: DockerSandbox) -> None:
    run = strict.run(
        "import os, time\nx = 1\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\n"
    )
    assert (run.outcome, dict(run.variables)) == ("ok", {"x": 1})
    assert run.duration_s < POLICY.timeout_s


def test_modules_named_like_ours(strict: DockerSandbox) -> None:
    code = (
        "for name in ('sandbox', 'frames', 'worker', 'encode', 'json'):\n"
        "    open(f'{name}.py', 'w').write('VALUE = 1')\n"
        "import sandbox, worker\nx = sandbox.VALUE + worker.VALUE"
    )
    run = strict.run(code)
    assert (run.outcome, dict(run.variables)["x"]) == ("ok", 2)


def test_process_1_cannot_be_read_or_written(strict: DockerSandbox) -> None:
    run = strict.run(
        "import os\n"
        "def reach(path, mode):\n"
        "    try:\n        open(path, mode).close()\n        return 'open'\n"
        "    except OSError as error:\n        return type(error).__name__\n"
        "tries = [reach('/proc/1/mem', 'r+b'), reach('/proc/1/fd/1', 'wb'),"
        " reach('/proc/1/environ', 'rb')]"
    )
    assert run.variables["tries"] == ["PermissionError"] * 3


def run_ok(sandbox: DockerSandbox, code: str) -> Execution:
    run = sandbox.run(code)
    assert run.outcome == "ok", run
    return run


def test_nothing_is_left_between_runs(strict: DockerSandbox) -> None:
    run_ok(strict, "open('left', 'w').write('x')\nimport builtins; builtins.leak = 1")
    run = run_ok(
        strict, "import os, builtins\nx = os.path.exists('left') or hasattr(builtins, 'leak')"
    )
    assert run.variables["x"] is False


def test_global_keys_that_are_not_names_are_ignored(strict: DockerSandbox) -> None:
    run = run_ok(strict, "globals()[1] = 'one'\nglobals()['a b'] = 2\nx = 3")
    assert dict(run.variables) == {"x": 3}


SHOWN = (
    "import matplotlib.pyplot as plt\nprint('before', end='')\nx = [1]\n"
    "plt.plot([1, 2])\nplt.show()\nplt.figure()\nplt.plot([2, 1])\n"
)


@pytest.mark.parametrize("ending", ["1 / 0", "raise SystemExit(2)", "raise KeyboardInterrupt"])
def test_values_and_figures_from_before_an_exception_come_back(
    strict: DockerSandbox, ending: str
) -> None:
    run = strict.run(f"{SHOWN}{ending}", returns=["x"])
    assert (run.outcome, run.stdout, dict(run.variables)) == ("error", "before", {"x": [1]})
    assert len(run.figures) == 2  # the second one was left open


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ("import os; os._exit(1)", "crashed"),
        ("import ctypes; ctypes.string_at(0)", "crashed"),
        ("while True: pass", "timeout"),
        ("y = bytearray(1 << 30)", "out_of_memory"),
        ("while True: print('y' * 1000)", "output_limit"),
    ],
)
def test_figures_shown_before_a_sudden_end_are_kept(
    strict: DockerSandbox, hasty: DockerSandbox, ending: str, outcome: str
) -> None:
    run = (hasty if outcome == "timeout" else strict).run(SHOWN + ending)
    assert run.outcome == outcome, run
    assert run.stdout.startswith("before")
    assert len(run.figures) >= 1


def test_an_end_in_the_middle_of_a_line_or_a_character(strict: DockerSandbox) -> None:
    run = strict.run("import os, sys\nsys.stdout.write('caf')\nos.write(1, b'\\xc3')\nos._exit(1)")
    assert (run.outcome, run.stdout) == ("crashed", "caf\ufffd")


def test_nesting_too_deep_for_recursion(strict: DockerSandbox) -> None:
    run = strict.run("x = []\nfor _ in range(100_000): x = [x]\ny = 1")
    assert (run.outcome, dict(run.variables)) == ("ok", {"y": 1})
    assert "nested" in run.withheld["x"]
    deep = strict.run("print('before')\neval('(' * 50_000 + ')' * 50_000)")
    assert deep.outcome in ("error", "out_of_memory")
    assert deep.stdout == "before\n"


def test_a_full_scratch_space_loses_no_result(strict: DockerSandbox) -> None:
    code = (
        "try:\n    for i in range(100): open(f'{i}', 'wb').write(bytes(4 << 20))\n"
        "except OSError as error: why = error.strerror\nprint('before')\nx = [1]"
    )
    run = strict.run(code, returns=["x", "why"])
    assert (run.outcome, run.stdout) == ("ok", "before\n")
    assert dict(run.variables) == {"x": [1], "why": "No space left on device"}


def test_an_exception_in_a_thread_is_printed_and_the_run_goes_on(strict: DockerSandbox) -> None:
    code = (
        "import threading\ndef fail(): 1 / 0\nthread = threading.Thread(target=fail)\n"
        "thread.start(); thread.join()\nx = 1"
    )
    run = strict.run(code, returns=["x"])
    assert (run.outcome, dict(run.variables)) == ("ok", {"x": 1})
    assert "ZeroDivisionError" in run.stderr
    assert "_codegen" not in run.stderr
