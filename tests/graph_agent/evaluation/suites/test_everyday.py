"""Our own suite: each judge is tested on a right answer and on three wrong ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from graph_agent.evaluation.judging import values_of
from graph_agent.evaluation.running import evaluate
from graph_agent.evaluation.suite import Suite
from graph_agent.evaluation.suites.loading import load_suite
from sandbox import DockerSandbox, SandboxPolicy

SUITE = load_suite("everyday")
SUBSET = (
    "clean-table",
    "country-lookup",
    "two-figures",
)
"""Asked through the whole graph: a table, a function, several values and figures."""
JUDGE_ALL = """
import matplotlib.pyplot as plt

verdicts = {}
for key, case in cases.items():
    plt.close("all")
    names = {name: data[file].copy() for name, file in case["files"].items()}
    names["__name__"] = "case"
    try:
        exec(case["program"], names)
        drawn = len(plt.get_fignums())
        exec(case["judge"], names)
        verdicts[key] = drawn >= case["figures"]
    except Exception as error:
        verdicts[key] = f"{type(error).__name__}: {error}"
plt.close("all")
"""


def test_what_it_covers() -> None:
    counts = Counter(question.category for question in SUITE.questions)
    assert len(SUITE.questions) >= 60
    assert set(counts) == {
        "aggregation",
        "ambiguous",
        "cleaning",
        "dates",
        "functions",
        "joins",
        "plots",
        "several variables",
        "statistics",
    }
    assert min(counts.values()) >= 6
    assert {len(question.wrong) for question in SUITE.questions} == {3}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Any]:
    """Judge all programs in one container: what took minutes one by one takes seconds."""
    cases: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for question in SUITE.questions:
        files = {name: path.name for name, path in question.variables.items()}
        data |= {files[name]: value for name, value in values_of(question).items()}
        for number, program in enumerate([question.reference, *question.wrong]):
            cases[f"{question.id} {number}"] = {
                "files": files,
                "program": program,
                "judge": question.judge,
                "figures": question.figures,
            }
    with DockerSandbox(SandboxPolicy(timeout_s=300)) as sandbox:
        run = sandbox.run(JUDGE_ALL, {"cases": cases, "data": data}, returns=["verdicts"])
    assert run.ok, run.error or run.detail
    found: dict[str, Any] = run.variables["verdicts"]
    return found


def test_each_judge_passes_the_right_program(verdicts: dict[str, Any]) -> None:
    right = {question.id: verdicts[f"{question.id} 0"] for question in SUITE.questions}
    assert {id_: said for id_, said in right.items() if said is not True} == {}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_judge_fails_the_wrong_programs(verdicts: dict[str, Any], number: int) -> None:
    wrong = [each.id for each in SUITE.questions if verdicts[f"{each.id} {number}"] is True]
    assert wrong == []


def test_a_subset_through_the_graph(tmp_path: Path, sandbox: DockerSandbox) -> None:
    chosen = tuple(question for question in SUITE.questions if question.id in SUBSET)
    subset = Suite("subset", chosen)
    assert len(chosen) == len(SUBSET)
    found = evaluate(subset, "replay:reference", out=tmp_path / "right", sandbox=sandbox)
    assert {each.id: each.verdict for each in found.results} == dict.fromkeys(
        [question.id for question in chosen], "right"
    )
    found = evaluate(
        subset,
        "replay:wrong-then-reference",
        out=tmp_path / "recovered",
        checks=True,
        sandbox=sandbox,
    )
    assert found.summary["right_at"]["1"]["count"] == 0
    assert found.summary["right_at"]["2"]["count"] == len(SUBSET)
