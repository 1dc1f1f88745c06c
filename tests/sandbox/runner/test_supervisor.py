"""The container's program as a process of this machine: the whole protocol without Docker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sandbox.arguments import JOB_FOLDER
from sandbox.results.decode import decode_payload
from sandbox.runner.shared import frames
from sandbox.variables.store import VariableStore
from tests.sandbox.runner.program import LIMITS, Program


def test_a_job_from_start_to_end(tmp_path: Path) -> None:
    program = Program(tmp_path).serve("print('hi')\nx = 40\nx + 2")
    assert program.out[frames.STDOUT] == b"hi\n"
    assert [header["type"] for header, _ in program.messages] == [
        "ready",
        "running",
        "display",
        "variable",
        "finished",
    ]
    assert decode_payload(program.of_type("display")[0][1]) == 42
    assert program.of_type("finished")[0][0]["error"] is None
    assert program.exit_report == {"code": 0, "exceeded": None, "oom_kills": 0}


def test_variables_come_from_the_folder_and_changes_are_seen(tmp_path: Path) -> None:
    store = VariableStore(tmp_path / "store")
    values = {"big": np.zeros(100_000), "same": np.ones(100_000), "items": [1], "n": 1, "m": 2}
    bundle = store.put_variables(values)
    code = "big[5] = 1\nitems.append(2)\nn = 3\ntotal = float(same.sum())"
    with store.job_folder() as folder:
        store.link_variables(bundle, folder)
        program = Program(tmp_path).serve(code, variables=bundle.to_json(), folder=str(folder))
    finished = program.of_type("finished")[0][0]
    assert finished["error"] is None
    assert sorted(finished["changed_inputs"]) == ["big", "items", "n"]
    assert values["big"][5] == 0
    names = {header["name"] for header, _ in program.of_type("variable")}
    assert names == {"big", "items", "n", "total"}
    with store.job_folder() as folder:
        store.link_variables(bundle, folder)
        again = Program(tmp_path).serve(
            "x = big.sum()", variables=bundle.to_json(), folder=str(folder)
        )
    assert again.of_type("finished")[0][0]["changed_inputs"] == []


def test_a_variable_that_does_not_load_is_named(tmp_path: Path) -> None:
    bundle = {
        "pickle": "stream",
        "buffers": [],
        "files": [],
        "variables": [{"name": "model", "bytes": 1, "buffers": [0, 0]}],
    }
    (tmp_path / "stream").write_bytes(b"cno_such_module\nThing\n.")
    program = Program(tmp_path).serve("x = 1", variables=bundle, folder=str(tmp_path))
    header = program.of_type("unloadable")[0][0]
    assert header["variable"] == "model"
    assert "no_such_module" in header["reason"]


@pytest.mark.parametrize(
    ("code", "report"),
    [
        ("import os; os._exit(7)", {"code": 7, "exceeded": None, "oom_kills": 0}),
        ("import os; os.kill(os.getpid(), 9)", {"code": -9, "exceeded": None, "oom_kills": 0}),
        ("while True: print('x')", {"code": -9, "exceeded": "output", "oom_kills": 0}),
        ("x = 'x' * 5_000_000\ny = x * 2\nz = y", {"code": 0, "exceeded": None, "oom_kills": 0}),
    ],
)
def test_how_the_worker_ended(tmp_path: Path, code: str, report: dict[str, Any]) -> None:
    program = Program(tmp_path, CODEGEN_MAX_OUTPUT_BYTES="1000").serve(code)
    assert program.exit_report == report
    assert len(program.out[frames.STDOUT]) <= 1000


def test_results_over_the_budget_are_withheld_by_the_worker(tmp_path: Path) -> None:
    limits = {**LIMITS, "max_result_bytes": 1_000}
    program = Program(tmp_path).serve("small = 1\nbig = 'x' * 10_000", limits=limits)
    assert [header["name"] for header, _ in program.of_type("variable")] == ["small"]
    assert "bytes" in program.of_type("withheld")[0][0]["reason"]


def test_checks_see_the_codes_names(tmp_path: Path) -> None:
    passing = Program(tmp_path).serve("x = 1", checks="assert x == 1")
    assert passing.verdict is not None
    assert passing.verdict["error"] is None
    failing = Program(tmp_path).serve("x = 1", checks="\nassert x == 2, 'not two'")
    assert failing.verdict is not None
    error = failing.verdict["error"]
    assert (error["name"], error["message"], error["line"]) == ("AssertionError", "not two", 2)


def test_it_ends_when_its_host_is_gone(tmp_path: Path) -> None:
    program = Program(tmp_path)
    assert program.process.stdin is not None
    assert program.process.stdout is not None
    program.process.stdin.close()
    assert program.process.wait(30) == 0
    program.process.stdout.close()


def test_the_job_folder() -> None:
    assert JOB_FOLDER == "/job"
