"""Whoever touches a returned value isn't hurt: not in time, not in memory, not by an exception."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from graph_agent.cli.run import result_json
from graph_agent.notebook.acceptance import Acceptance
from graph_agent.records import Attempt, ExecutionRecord, ValueReference
from graph_agent.results.artifacts import save_execution
from graph_agent.results.changes.compare import compare_all
from graph_agent.results.output_folder import SavedFiles
from graph_agent.results.result import CodeGenerationResult, result_from
from graph_agent.return_types import described
from nodes.candidates import stored_answers
from nodes.candidates.stored_answers import group_of, stored_answer
from nodes.recording.recording import to_record
from sandbox import VariableStore
from sandbox.records import Execution
from sandbox.terminal_text import escape_control_chars
from tests.security.attacking import limited
from tests.security.touched import FILES, LEAVE_ALL, MAKE_ALL, TOUCHED

NAMES = [f"x{number}" for number in range(len(TOUCHED))]
LIMITS = {"memory": "2g", "max_result": "512m", "timeout_s": 120, "decode_s": 60}
MAX_GROWTH_KIB = 1 << 20
MAX_S = 120.0
MAX_SHOWN_CHARS = 200_000
TYPES = (int, str, list[int], dict[str, list[int]], tuple[int, int], int | None, list[list[str]])
each = pytest.mark.parametrize("number", range(len(NAMES)), ids=list(TOUCHED))


@pytest.fixture(scope="module")
def made() -> Iterator[Execution]:
    with limited(**LIMITS) as sandbox:
        yield sandbox.run(MAKE_ALL, {"programs": list(TOUCHED.values())}, NAMES)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> VariableStore:
    return VariableStore(tmp_path_factory.mktemp("store") / "variables")


@pytest.fixture(scope="module")
def record(made: Execution, store: VariableStore) -> ExecutionRecord:
    """What the state has of them, which takes as long as reading all."""
    assert made.outcome == "ok", made
    wanted: Any = {name: described(TYPES[n % len(TYPES)]) for n, name in enumerate(NAMES)}
    return to_record(made, store, "sample", wanted)


@pytest.fixture(autouse=True)
def within_limits() -> Iterator[None]:
    before, started = _memory_kib(), time.monotonic()
    yield
    assert _memory_kib() - before < MAX_GROWTH_KIB
    assert time.monotonic() - started < MAX_S


def _memory_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _only(record: ExecutionRecord, number: int) -> ExecutionRecord:
    chosen = [value for value in record.variables if value.name == NAMES[number]]
    display = chosen[0] if chosen else None
    return record.model_copy(update={"variables": chosen, "display": display, "withheld": {}})


def _result(record: ExecutionRecord, store: VariableStore) -> CodeGenerationResult:
    attempt = Attempt(number=1, code="x = …", execution=record)
    output: Any = {"request": "?", "success": True, "code": "x = …"}
    return result_from({**output, "attempts": [attempt.to_state()]}, store, "t")


@each
def test_it_is_shown(record: ExecutionRecord, store: VariableStore, number: int) -> None:
    """test_hazards.py saves such values."""
    result = _result(_only(record, number), store)
    bundle = result._repr_mimebundle_()
    printed = json.dumps(result_json(result, Path(), SavedFiles([], {})))
    for text in (*bundle.values(), repr(result), result.transcript, printed):
        assert len(text) < MAX_SHOWN_CHARS
        assert escape_control_chars(text) == text
    assert "<script" not in bundle["text/html"]
    assert "<img src=x" not in bundle["text/html"]


@each
def test_it_is_compared(
    record: ExecutionRecord, store: VariableStore, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With itself, among answers that differ in another value."""
    monkeypatch.setattr(stored_answers, "COMPARE_S", 1.0)  # the same limit, sooner
    attempt = Attempt(number=1, code="", execution=_only(record, number))
    answer = stored_answer({}, attempt)
    if not isinstance(answer, ValueReference):
        return  # it didn't come back
    first, second = record.variables[-2:]
    one, two = {"x": answer, "y": first}, {"x": answer, "y": second}
    group_of(one, {0: two}, store, ordered=False)
    assert group_of(one, {0: two, 1: one}, store, ordered=False) == 1


@each
def test_what_accepting_it_changes_is_shown(
    record: ExecutionRecord, store: VariableStore, number: int
) -> None:
    values = _result(_only(record, number), store).variables
    changes = compare_all(values, {NAMES[number]: 1})
    assert len(str(changes)) < MAX_SHOWN_CHARS


def test_accepting_all_takes_no_name_of_the_interpreter() -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    waiting: Any = SimpleNamespace(variables={"__builtins__": 1, "__name__": "x", "a": 2})
    Acceptance(namespace, waiting).accept([])
    assert namespace == {"__name__": "__main__", "a": 2}


@pytest.fixture(scope="module")
def left() -> Iterator[Execution]:
    with limited(**LIMITS) as sandbox:
        yield sandbox.run(LEAVE_ALL, {"files": FILES}, [])


@pytest.mark.parametrize("case", FILES)
def test_no_file_is_lost_hidden_or_outside(left: Execution, case: str, tmp_path: Path) -> None:
    names = {name: name.removeprefix(f"{case}/") for name in left.files if name.startswith(case)}
    run = replace(left, files={short: left.files[name] for name, short in names.items()})
    assert set(run.files.values()) == {text.encode() for text in FILES[case].values()}
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    (out / "taken.csv").symlink_to(outside / "written.csv")
    saved = save_execution(run, out)
    assert {path.read_bytes() for path in saved} == set(run.files.values())
    assert list(outside.iterdir()) == []
    hidden = [p for path in saved for p in path.relative_to(out).parts if p.startswith(".")]
    assert hidden == []
