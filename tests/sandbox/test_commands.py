"""Running other programs."""

from __future__ import annotations

import sys
import time

import pytest

from sandbox.commands import CommandError, run_command


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_both_streams_are_passed_on_line_by_line() -> None:
    lines: list[str] = []
    code = "import sys; print('one', flush=True); print('two', file=sys.stderr)"
    run_command(python(code), lines.append)
    assert lines == ["one", "two"]


def test_a_failure_tells_the_code_and_the_last_lines() -> None:
    with pytest.raises(CommandError, match="exit code 4") as caught:
        run_command(python("[print(i) for i in range(40)]; exit(4)"), lambda line: None)
    assert caught.value.code == 4
    assert caught.value.tail.splitlines() == [str(number) for number in range(25, 40)]


def test_the_environment_is_the_one_given() -> None:
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


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        run_command(["no-such-program-anywhere"], lambda line: None)
