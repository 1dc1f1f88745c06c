"""The checks' process: it runs the checks, or nobody says that they passed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.runner.shared import frames
from tests.sandbox.runner.checks.checked import assert_fails, assert_passes, check
from tests.sandbox.runner.program import Program


def test_what_the_checks_print_is_output(tmp_path: Path) -> None:
    program = Program(tmp_path).serve("print('code')", "print('checks')")
    assert program.out[frames.STDOUT] == b"code\nchecks\n"


def test_checks_may_end_early_or_raise(tmp_path: Path) -> None:
    assert_passes(tmp_path, "x = 1", "import sys\nsys.exit(0)")
    assert assert_fails(tmp_path, "x = 1", "\nassert x == 2, 'two'", "AssertionError") == "two"
    error = check(tmp_path, "x = 1", "x = = 1")
    assert error is not None
    assert (error["name"], error["line"]) == ("SyntaxError", 1)


@pytest.mark.parametrize("code", ["import os; os._exit(0)", "1 / 0", "import os; os.kill(0, 9)"])
def test_no_verdict_without_the_codes_end(tmp_path: Path, code: str) -> None:
    assert Program(tmp_path).serve(code, "assert True").verdict is None


def test_code_that_ends_when_it_is_asked(tmp_path: Path) -> None:
    program = Program(tmp_path).serve("import os\ndef f(): os._exit(0)", "try: f()\nfinally: pass")
    assert program.verdict is not None
    assert program.verdict["error"]["name"] == "ChecksNotRun"
    assert program.of_type("finished") == []


def test_the_code_finds_no_child_that_it_did_not_start(tmp_path: Path) -> None:
    code = "import os\ntry: os.wait()\nexcept ChildProcessError: alone = True"
    assert_passes(tmp_path, code, "assert alone")
