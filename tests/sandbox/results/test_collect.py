"""How a run's outcome is decided from what its container reported."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.containers.raw_run import RawRun
from sandbox.policy import SandboxPolicy
from sandbox.results.collect import collect
from sandbox.runner.shared.frames import BROKEN_EXIT

POLICY = SandboxPolicy(memory="256m")
STARTED: dict[str, Any] = {"type": "running"}
FINISHED: dict[str, Any] = {"type": "finished"}


def finished(name: str) -> dict[str, Any]:
    return {**FINISHED, "error": {"name": name, "message": "no polars"}}


def run(*headers: dict[str, Any], code: int = 0, exceeded: str | None = None, oom: int = 0) -> Any:
    raw = RawRun(exit_report={"code": code, "exceeded": exceeded, "oom_kills": oom})
    raw.messages = [(header, b"") for header in (STARTED, *headers)]
    raw.stdout = b"h\xe9"
    return collect(raw, POLICY, None)


@pytest.mark.parametrize(
    ("end", "outcome", "detail"),
    [
        ({"headers": [FINISHED]}, "ok", ""),
        ({"headers": [finished("ValueError")]}, "error", ""),
        ({"headers": [finished("ValueError")], "oom": 1}, "error", "256 MiB of memory"),
        ({"headers": [finished("MemoryError")]}, "out_of_memory", "256 MiB of memory"),
        ({"headers": [finished("ModuleNotFoundError")]}, "missing_package", "no polars"),
        ({"oom": 1, "code": -9}, "out_of_memory", "256 MiB of memory"),
        ({"exceeded": "output", "code": -9}, "output_limit", "printed more"),
        ({"exceeded": "result", "code": -9}, "output_limit", "results"),
        ({"code": 7}, "crashed", "exited with code 7"),
        ({"code": -11}, "crashed", "SIGSEGV"),
        ({"code": -199}, "crashed", "signal 199"),
        ({"code": BROKEN_EXIT}, "crashed", "broke the process"),
        ({"headers": [{"type": "broken", "reason": "TypeError: no"}]}, "crashed", "TypeError: no"),
        ({"headers": [STARTED]}, "crashed", "unexpected message 'running'"),
    ],
)
def test_outcome(end: dict[str, Any], outcome: str, detail: str) -> None:
    execution = run(*end.pop("headers", []), **end)
    assert execution.outcome == outcome
    assert detail in execution.detail
    assert bool(detail) == bool(execution.detail)
    assert execution.stdout == "h�"


def test_a_run_without_an_exit_report_crashed() -> None:
    execution = collect(RawRun(), POLICY, None)
    assert execution.outcome == "crashed"
    assert execution.error is None


def test_a_timeout_names_the_limit() -> None:
    execution = collect(RawRun(end="timeout"), SandboxPolicy(timeout_s=7), None)
    assert (execution.outcome, "7 s" in execution.detail) == ("timeout", True)


@pytest.mark.parametrize("end", ["memory", "timeout", "exited"])
def test_a_container_that_ends_too_loses_files_and_says_so(end: Any) -> None:
    assert "files" in collect(RawRun(end=end), POLICY, None).detail
    assert "files" not in run(code=7).detail


def test_files_and_those_left_out() -> None:
    raw = RawRun(exit_report={"code": 0, "exceeded": None, "oom_kills": 0})
    withheld = {"type": "withheld", "name": "big", "value_type": "list", "reason": "too big"}
    raw.messages = [(header, b"") for header in (STARTED, withheld, FINISHED)]
    left_out = {"type": "left_out", "name": "big", "reason": "too big too"}
    raw.files = [({"type": "file", "name": "a.csv"}, b"1"), (left_out, b"")]
    execution = collect(raw, POLICY, None)
    assert dict(execution.files) == {"a.csv": b"1"}
    assert dict(execution.withheld) == {"big": "list: too big", "big (file)": "file: too big too"}
