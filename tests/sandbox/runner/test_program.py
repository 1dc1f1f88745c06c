"""Code runs as __main__, here in separate processes because it replaces __main__."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from sandbox.runner.program import without_magics

SCRIPT = """
import json, sys
from sandbox.runner import program
from sandbox.runner.interpreter import Interpreter
code = sys.stdin.read()
namespace = program.fresh_main()
interpreter = Interpreter()
result = program.run(code, namespace, interpreter)
program.finish_threads(interpreter)
print(json.dumps({"error": result.error, "display": repr(result.display)}))
"""


def run(code: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=textwrap.dedent(code),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *printed, last = done.stdout.splitlines()
    return {**json.loads(last), "stdout": printed, "stderr": done.stderr}


def test_a_final_expression_is_displayed() -> None:
    assert run("x = 20\nx + 22")["display"] == "42"
    assert run("x = 20")["display"] == "None"
    assert run("")["error"] is None


def test_future_imports_reach_the_final_expression() -> None:
    code = "from __future__ import annotations\n(lambda: None).__annotations__"
    assert run(code)["display"] == "{}"


def test_the_traceback_has_the_users_frames_and_line_numbers_only() -> None:
    error = run(
        """
        import json

        def load(text):
            return json.loads(text)

        load("{")
        """
    )["error"]
    assert error["name"] == "JSONDecodeError"
    assert error["line"] == 5
    assert 'File "generated_code.py", line 7' in error["traceback"]
    assert "return json.loads(text)" in error["traceback"]
    assert "decoder.py" not in error["traceback"]
    assert "program.py" not in error["traceback"]


def test_a_chained_exception_keeps_its_cause() -> None:
    error = run(
        """
        try:
            1 / 0
        except ZeroDivisionError as cause:
            raise ValueError("no share") from cause
        """
    )["error"]
    assert error["name"] == "ValueError"
    assert "ZeroDivisionError" in error["traceback"]
    assert "direct cause" in error["traceback"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import sys; sys.exit(0)", None),
        ("raise SystemExit", None),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("import sys; sys.exit('no data')", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def f(): f()\nf()", "RecursionError"),
        ("eval('1 +')", "SyntaxError"),
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "E"),
        ("raise ExceptionGroup('both', [ValueError(1), TypeError(2)])", "ExceptionGroup"),
    ],
)
def test_every_way_to_end(code: str, name: str | None) -> None:
    error = run(code)["error"]
    assert (error and error["name"]) == name


def test_the_text_of_an_exit_is_printed() -> None:
    assert "no data" in run("import sys; sys.exit('no data')")["stderr"]


def test_it_is_a_real_main_module() -> None:
    result = run(
        """
        import pickle, sys
        from dataclasses import dataclass

        @dataclass
        class Point:
            x: int

        assert __name__ == "__main__"
        assert sys.modules["__main__"].Point is Point
        pickle.loads(pickle.dumps(Point(1)))
        """
    )
    assert result["error"] is None
    assert result["display"] == "Point(x=1)"


def test_source_can_be_inspected() -> None:
    code = "import inspect\ndef f():\n    return 1\ninspect.getsource(f)"
    assert run(code)["display"] == repr("def f():\n    return 1\n")


def test_threads_and_executors_are_waited_for() -> None:
    result = run(
        """
        import threading, time
        from concurrent.futures import ThreadPoolExecutor

        def late():
            time.sleep(0.3)
            print("late")

        threading.Thread(target=late).start()
        pool = ThreadPoolExecutor(1)
        pool.submit(print, "pooled")
        """
    )
    assert sorted(result["stdout"]) == ["late", "pooled"]


def test_a_long_message_is_clipped() -> None:
    message = run("raise ValueError('x' * 1_000_000)")["error"]["message"]
    assert len(message) < 5_000
    assert "left out" in message


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    %config InlineBackend.figure_format = 'svg'", "if x:\n    pass"),
        ("%timeit f()", "%timeit f()"),
        ("%matplotlib inline\nx =", "%matplotlib inline\nx ="),
        ("text = '''\n%matplotlib inline\n'''", "text = '''\n%matplotlib inline\n'''"),
    ],
)
def test_only_plotting_magics_of_code_that_is_valid_otherwise_are_removed(
    code: str, plain: str
) -> None:
    assert without_magics(code) == plain
