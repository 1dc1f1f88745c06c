"""The record of a run: values and figures by reference, long texts shortened."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes.recording.recording import MAX_STATE_OUTPUT_CHARS, clip, to_record
from sandbox import Execution, VariableStore
from sandbox.records import DISPLAY, ExecutionError, Figure, Payload

ERROR = ExecutionError(name="KeyError", message="'b'", traceback="…", line=3)
FIGURE = Figure(data=b"not a png", mime="image/png", width=1, height=1)


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path)


def payload(data: bytes) -> Payload:
    return Payload("tree/1", "int", data)


def test_values_are_stored_and_described(store: VariableStore) -> None:
    run = Execution(outcome="ok", variables={"n": 42}, payloads={"n": payload(b"42")})
    [value] = to_record(run, store, "sample").variables
    with store.open(value.sha256) as stored:
        assert stored.read() == b"42"
    assert (value.name, value.codec) == ("n", "tree/1")
    assert "42" in value.summary


def test_at_a_strict_level_a_summary_shows_no_value(store: VariableStore) -> None:
    run = Execution(outcome="ok", variables={"n": 42}, payloads={"n": payload(b"42")})
    [value] = to_record(run, store, "schema").variables
    assert "42" not in value.summary


def test_the_displayed_value_is_not_a_variable(store: VariableStore) -> None:
    run = Execution(outcome="ok", display=7, payloads={DISPLAY: payload(b"7")})
    record = to_record(run, store, "sample")
    assert record.variables == []
    assert record.display is not None
    assert record.display.name == "display"


def test_errors_figures_and_the_rest_are_kept(store: VariableStore) -> None:
    run = Execution(
        outcome="error",
        error=ERROR,
        check_error=ERROR,
        figures=[FIGURE],
        withheld={"f": "function: it has no safe encoding"},
        changed_inputs=["df"],
        duration_s=1.5,
    )
    record = to_record(run, store, "sample")
    assert record.error is not None
    assert (record.error.name, record.error.line) == ("KeyError", 3)
    assert record.check_error == record.error
    assert record.withheld == run.withheld
    assert (record.changed_inputs, record.duration_s) == (["df"], 1.5)
    [figure] = record.figures
    assert (figure.mime, figure.preview, figure.blank) == ("image/png", None, None)


def test_long_output_loses_its_middle() -> None:
    text = "a" * MAX_STATE_OUTPUT_CHARS + "b" * MAX_STATE_OUTPUT_CHARS
    short = clip(text)
    assert short.startswith("aaa")
    assert short.endswith("bbb")
    assert str(MAX_STATE_OUTPUT_CHARS) in short
    assert clip("abc") == "abc"


def test_files_are_stored_by_reference(store: VariableStore) -> None:
    run = Execution(outcome="error", files={"a/b.csv": b"1,2\n"})
    [file] = to_record(run, store, "schema").files
    assert (file.name, file.size, store.get(file.sha256)) == ("a/b.csv", 4, b"1,2\n")
