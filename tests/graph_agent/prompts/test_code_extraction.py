"""Finding the program in a model's answer."""

from __future__ import annotations

import time

import pytest

from graph_agent.prompts.code_extraction import program_in, with_usual_imports
from tests.graph_agent.prompts.wrappings import NO_PROGRAMS, WRAPPINGS, Wrapping


@pytest.mark.parametrize("wrapping", WRAPPINGS, ids=[wrapping.title for wrapping in WRAPPINGS])
def test_wrapping(wrapping: Wrapping) -> None:
    found = program_in(wrapping.answer)
    assert found.code == wrapping.code
    assert wrapping.notes in "; ".join(found.notes)


def test_there_are_enough_wrappings_and_each_once() -> None:
    assert len({wrapping.title for wrapping in WRAPPINGS}) == len(WRAPPINGS) >= 80


@pytest.mark.parametrize("answer", NO_PROGRAMS)
def test_no_program(answer: str) -> None:
    assert program_in(answer).code == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\nx = 1\ny = 2\n```\nfor short:\n```python\nx\n```", "x = 1\ny = 2"),
        ("<think>```python\nwrong = 1\n```</think>\n```python\nx = 1\n```", "x = 1"),
        ("````python\nx = '''\n```\n'''\n````", "x = '''\n```\n'''"),
        ("import pandas as pd\nx = pd.Series([1])", "import pandas as pd\nx = pd.Series([1])"),
        ("```python\nx = (\n```", "x = ("),
        ("```python\nresult\n```", "result"),
    ],
)
def test_program_in(text: str, code: str) -> None:
    assert program_in(text).code == code


@pytest.mark.parametrize(
    "code", ["x = 1", "x", "x = (", "In [1]: x = 1", ">>> x = 1", "a &gt; 3", "s = '~~~'", ""]
)
@pytest.mark.parametrize(
    "before", ["", "Here:\n", "> said\n", "1. do {it}\n", "[1]\n", '"""\n', "x = 2\n", "~~~\n"]
)
def test_the_usual_answer_is_read_as_any_other(before: str, code: str) -> None:
    usual, other = (f"{before}{mark}python\n{code}\n{mark}\n" for mark in ("```", "````"))
    assert program_in(usual) == program_in(other)


def test_a_plain_answer_has_no_notes() -> None:
    assert program_in("Here:\n```python\nx = 1\n```").notes == []


TWO_VERSIONS = "```python\ntotal = 1\nmean = 2\n```\nOr only:\n```python\nother = 3\ntotal = 4\n```"


def test_what_was_asked_for_is_kept() -> None:
    alternatives = "```python\nmean = 1\n```\n```python\nmean = 2\nx = mean\n```"
    assert program_in(alternatives).code == "mean = 2\nx = mean"
    assert "mean = 2" in program_in(TWO_VERSIONS, ["mean"]).code


def test_the_users_variables_are_not_loaded_again() -> None:
    answer = "```python\ndf = read('x.csv')\n```\n```python\ntotal = df.a.sum()\n```"
    assert program_in(answer, given=["df"]).code == "total = df.a.sum()"


def test_a_fragment_with_unknown_names_is_left_out() -> None:
    answer = "```python\ntotal = df.a.sum()\n```\nIn general:\n```python\ny = column.agg(how)\n```"
    assert program_in(answer, given=["df"]).code == "total = df.a.sum()"


def test_a_long_answer_costs_little() -> None:
    prose = "The total = what is asked for, in words.\n" * 300
    answer = f"{prose}```python\nx = (1\n```\n" * 10
    start = time.perf_counter()
    program_in(answer)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("code", "added"),
    [
        ("x = np.zeros(3)", "import numpy as np\n"),
        ("sns.heatmap(t)\nplt.show()", "import matplotlib.pyplot as plt\nimport seaborn as sns\n"),
        ("import numpy as np\nx = np.zeros(3)", ""),
        ("from pandas import api as pd\npd", ""),
        ("for pd in range(3): print(pd)", ""),
        ("def f(np): return np", ""),
        ("x = mine.np", ""),
        ("x = (", ""),
    ],
)
def test_forgotten_imports_are_added(code: str, added: str) -> None:
    assert with_usual_imports(code) == added + code


def test_a_given_variable_gets_no_import() -> None:
    assert with_usual_imports("x = pd + 1", ["pd"]) == "x = pd + 1"
