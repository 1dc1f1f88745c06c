"""The result of a run, made from the graph's output and the stored values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph_agent.records import Analysis, Attempt, ExecutionRecord, FileReference
from graph_agent.results.result import result_from
from sandbox import VariableStore
from tests.graph_agent.results.stored_values import stored


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path)


def test_a_result_has_the_values_of_the_last_attempt_that_ran(store: VariableStore) -> None:
    first = ExecutionRecord(outcome="ok", variables=[stored(store, "x", 1)])
    second = ExecutionRecord(outcome="ok", variables=[stored(store, "y", 2)])
    analysis = Analysis(success=False, should_retry=True, explanation="Wrong.")
    attempts = [
        Attempt(number=1, code="x = 1", execution=first, analysis=analysis),
        Attempt(number=2, code="y = 2", execution=second, analysis=analysis),
        Attempt(number=3, code="y = 2", problem="the code is the same", analysis=analysis),
    ]
    output: Any = {
        "request": "Go",
        "attempts": [attempt.to_state() for attempt in attempts],
        "stopped_by": "cost",
        "usage": {
            "generate": {"calls": 3, "input_tokens": 1_000_000},
            "analyze": {"calls": 2, "output_tokens": 500_000},
        },
        "budget": {"cost": 1.5, "input_price": 1.0, "output_price": 2.0},
        "max_attempts": 5,
    }
    result = result_from(output, store, "t")
    assert dict(result.variables) == {"y": 2}
    assert result.attempts[2].execution is None
    assert result.attempts[2].problem == "the code is the same"
    assert result.explanation == "Wrong."
    assert (result.success, result.stopped_by, result.thread_id) == (False, "cost", "t")
    assert result.usage["generate"].calls == 3
    assert (result.cost, result.budget.attempts, result.budget.cost) == (2.0, 5, 1.5)


def test_a_result_without_attempts(store: VariableStore) -> None:
    result = result_from({"request": "Go"}, store, "t")
    assert (result.code, result.attempts, result.figures) == ("", (), ())
    assert dict(result.variables) == {}
    assert (result.explanation, result.cost) == ("", None)


def test_a_result_has_the_files_of_the_last_attempt_that_ran(
    store: VariableStore, tmp_path: Path
) -> None:
    def attempt(number: int, name: str) -> Attempt:
        file = FileReference(name=name, sha256=store.put(name.encode()), size=len(name))
        run = ExecutionRecord(outcome="ok", files=[file])
        return Attempt(number=number, code="x", execution=run)

    attempts = [attempt(1, "old.csv"), attempt(2, "new.csv"), Attempt(number=3, code="x")]
    output: Any = {"request": "Go", "attempts": [attempt.to_state() for attempt in attempts]}
    result = result_from(output, store, "t")
    assert dict(result.files) == {"new.csv": b"new.csv"}
    saved = {path.name: path for path in result.save(tmp_path / "saved")}
    assert "transcript.md" in saved
    assert saved["new.csv"].read_bytes() == b"new.csv"
    assert result.answer is None
    assert result_from({"request": "Go", "attempts": []}, store, "t").files == {}
