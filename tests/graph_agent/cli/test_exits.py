"""Exit codes and the form of an error."""

from __future__ import annotations

import json

import pytest
import typer

from graph_agent import errors
from graph_agent.cli.exits import Exit, ResumeHint, exit_code, exits, fail, say, tell
from sandbox import errors as sandbox_errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.RequestError("r"), 2),
        (errors.SettingsError("s"), 2),
        (errors.ThreadError("t"), 2),
        (errors.ModelUnknownError("m"), 2),
        (errors.ModelAnswerError("m", "empty"), 1),
        (errors.ModelSetupError("m"), 3),
        (errors.ModelTransientError("m"), 3),
        (errors.CheckpointError("c"), 3),
        (errors.OutputError("o"), 3),
        (sandbox_errors.EngineUnreachableError("e"), 3),
        (sandbox_errors.VariableStoreError("v"), 3),
        (sandbox_errors.PayloadError("p"), 3),
        (sandbox_errors.SandboxError("s"), 2),
        (ValueError("a bug"), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_exit_code(error: Exception, code: int | None) -> None:
    assert exit_code(error) == code


def test_an_error_is_one_line_and_its_own_notes(capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.RequestError("two\nlines \x1b[2J")
    error.add_note("a library's note")
    error.add_note(ResumeHint("codegen-agent resume t1"))
    with pytest.raises(typer.Exit) as left, exits(as_json=False):
        raise error
    assert left.value.exit_code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "codegen-agent: two lines \\x1b[2J",
        "codegen-agent resume t1",
    ]


def test_json_holds_type_and_notes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), exits(as_json=True):
        raise errors.CheckpointError("the disk is full")
    assert json.loads(capsys.readouterr().out) == {
        "success": False,
        "error": {"type": "CheckpointError", "message": "the disk is full", "notes": []},
        "exit_code": 3,
    }


def test_too_little_memory_is_the_environments_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), exits(as_json=True):
        raise MemoryError
    assert json.loads(capsys.readouterr().out)["exit_code"] == Exit.ENVIRONMENT


def test_an_interrupt_is_130_and_leaves_as_an_abort(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Abort), exits(as_json=True):
        raise KeyboardInterrupt
    assert json.loads(capsys.readouterr().out)["exit_code"] == Exit.INTERRUPTED


def test_a_bug_keeps_its_traceback_and_json_its_object(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), exits(as_json=True):
        _ = 1 / 0
    output = json.loads(capsys.readouterr().out)
    assert (output["error"]["type"], output["exit_code"]) == ("ZeroDivisionError", 1)


def test_say_flushes(capsys: pytest.CaptureFixture[str]) -> None:
    say("é", end="")
    assert capsys.readouterr().out == "é"


def test_everything_printed_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b[2J\nb")
    tell("\u202ec")
    with pytest.raises(typer.Exit):
        fail("d\nforged: \x9b", Exit.BAD_INPUT, False, "Kind", ["note\x07"])
    shown = capsys.readouterr()
    assert shown.out == "a\\x1b[2J\nb\n"
    assert shown.err == "\\u202ec\ncodegen-agent: d forged: \\x9b\nnote\\x07\n"
