"""Programs judged in the sandbox."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from graph_agent.evaluation.judging import Verdict, judged, values_of
from graph_agent.samples import tips_path
from sandbox import DockerSandbox
from tests.graph_agent.evaluation.small_suites import question


def test_an_expected_answer(sandbox: DockerSandbox) -> None:
    assert judged(sandbox, question("q"), "answer = 1 + 2") == Verdict(True)
    wrong = judged(sandbox, question("q"), "answer = 4")
    assert wrong == Verdict(False, "another answer is expected")
    missing = judged(sandbox, question("q"), "total = 3")
    assert not missing.right
    assert "answer" in missing.why
    failed = judged(sandbox, question("q"), "answer = 1 / 0")
    assert failed == Verdict(False, "ZeroDivisionError: division by zero")


def test_a_judge_sees_functions_and_given_variables(sandbox: DockerSandbox) -> None:
    asked = question(
        "q",
        judge="assert share(tips) == 0.5, 'not a half'",
        variables={"tips": tips_path()},
        returns=None,
    )
    right = "def share(table):\n    return len(table.head(122)) / len(tips)"
    assert judged(sandbox, asked, right) == Verdict(True)
    assert judged(sandbox, asked, "def share(table):\n    return 1") == Verdict(False, "not a half")


def test_a_judge_out_of_reach_and_one_beside_the_program(sandbox: DockerSandbox) -> None:
    forged = "answer = 4\nimport builtins, os\ndef same_answer(*_):\n    return True\n"
    assert not judged(sandbox, question("q"), forged).right
    beside = question("q", judge="import re\nassert isinstance(answer, re.Pattern)", beside=True)
    assert judged(sandbox, beside, "import re\nanswer = re.compile('a')").right
    assert not judged(sandbox, beside, "answer = 'a'").right


def test_figures_are_counted(sandbox: DockerSandbox) -> None:
    asked = question("q", judge="", figures=1)
    draws = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    assert judged(sandbox, asked, draws).right
    assert judged(sandbox, asked, "x = 1") == Verdict(False, "0 figures instead of 1")


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    first, second = (values_of(question(id_, variables={"t": path})) for id_ in ("first", "second"))
    assert isinstance(first["t"], pd.DataFrame)
    assert first["t"] is second["t"]
