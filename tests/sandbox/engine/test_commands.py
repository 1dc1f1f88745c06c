"""Running other programs."""

from __future__ import annotations

import sys
import time

import pytest

from sandbox.engine.commands import CommandError, run_command


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_both_streams_are_passed_on_by_line() -> None:
    lines: list[str] = []
    code = "import sys; print('one', flush=True); print('two', file=sys.stderr)"
    run_command(python(code), lines.append)
    assert lines == ["one", "two"]


def test_a_failure_has_the_exit_code_and_the_last_lines() -> None:
    with pytest.raises(CommandError, match="exit code 4") as caught:
        run_command(python("[print(i) for i in range(40)]; exit(4)"), lambda line: None)
    assert caught.value.code == 4
    assert caught.value.tail.splitlines() == [str(number) for number in range(25, 40)]


def test_the_given_environment_is_used() -> None:
    lines: list[str] = []
    run_command(python("import os; print(os.environ['ONLY'])"), lines.append, {"ONLY": "this"})
    assert lines == ["this"]


def test_an_interruption_ends_the_program() -> None:
    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_command(python("import time; print('on', flush=True); time.sleep(60)"), interrupt)
    assert time.monotonic() - started < 30


def test_a_missing_program_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        run_command(["no-such-program-anywhere"], lambda line: None)
