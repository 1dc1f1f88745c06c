"""Python is restored after code that broke it, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, time
from sandbox.runner.interpreter import Interpreter, run_and_restore

interpreter = Interpreter()
code = '''
import builtins, signal, sys, time
time.time = builtins.len = None
sys.added = 1
sys.path.append("/mine")
sys.meta_path.clear()
sys.setrecursionlimit(90)
signal.signal(signal.SIGUSR1, lambda *_: 1 / 0)
'''
namespace = {}
{call}
import os, signal
os.kill(os.getpid(), signal.SIGUSR1)
assert time.time() > 0 and len("ab") == 2
assert sys.added == 1 and "/mine" in sys.path and sys.meta_path
assert sys.getrecursionlimit() >= 1000
import xml.sax
print("restored")
"""


def run(call: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("{call}", call)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def test_names_lists_hooks_and_handlers_are_restored() -> None:
    parts = "[compile(code, 'x', 'exec'), compile('40 + 2', 'x', 'eval')]"
    assert run(f"assert run_and_restore(interpreter, {parts}, namespace) == 42") == "restored\n"


def test_they_are_restored_after_an_exception() -> None:
    call = """
code += "sys.settrace(lambda *_: 1 / 0); raise KeyError"
try:
    run_and_restore(interpreter, [compile(code, 'x', 'exec')], namespace)
except KeyError:
    assert sys.gettrace() is None
"""
    assert run(call) == "restored\n"
