"""The code's values and functions, as they reach the checks."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.runner.checks.checked import assert_fails, assert_passes


def test_a_call_changes_the_arguments_and_the_variables_of_the_code(tmp_path: Path) -> None:
    code = (
        "def sort(a, b): a.sort(); b['n'] = a[0]\nitems = []\n"
        "def push(x):\n    global last\n    items.append(x); last = x"
    )
    checks = (
        "a, b = [3, 1], {}\nsort(a, b)\nassert (a, b) == ([1, 3], {'n': 1})\n"
        "assert items == []\npush(3)\npush(4)\nassert (items, last) == ([3, 4], 4)"
    )
    assert_passes(tmp_path, code, checks)


def test_an_exception_of_the_code_keeps_its_name_and_message(tmp_path: Path) -> None:
    code = (
        "class Own(KeyError): pass\ndef f(kind): raise kind('why')\ndef g(): raise Own('own')\n"
        "def leave(): raise SystemExit(0)"
    )
    checks = (
        "for kind in (ValueError, ZeroDivisionError):\n    try: f(kind)\n"
        "    except kind as error: assert str(error) == 'why'\n    else: assert False\n"
        "try: g()\nexcept Own as error: assert isinstance(error, KeyError)\nelse: assert False"
    )
    assert_passes(tmp_path, code, checks)
    assert_fails(tmp_path, code, "leave()", "SystemExit")


def test_executors_work_in_functions_that_the_checks_call(tmp_path: Path) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\ndef f():\n"
        "    with ThreadPoolExecutor(2) as pool: return list(pool.map(abs, [-1, 2]))\nf()"
    )
    assert_passes(tmp_path, code, "assert f() == [1, 2]")


def test_the_checks_look_at_the_figures(tmp_path: Path) -> None:
    code = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.set_title('t')"
    checks = "assert plt.get_fignums() == [1]\nassert ax.get_title() == 't' and len(fig.axes) == 1"
    assert_passes(tmp_path, code, checks)
