"""The process that starts the checks of each run of a session."""

from __future__ import annotations

from pathlib import Path

from sandbox.runner.shared import frames
from tests.sandbox.runner.session_program import SessionProgram


def test_each_run_has_checks_of_its_own(tmp_path: Path) -> None:
    program = SessionProgram(tmp_path)
    for checks, error in (("assert x == 1", None), ("assert x == 2", "AssertionError")):
        program.run("x = 1", checks)
        told = [header for header, _ in frames.MessageReader(0).feed(program.out[frames.VERDICT])]
        assert [header["type"] for header in told] == ["begun", "checked", "ended"]
        assert (told[1]["error"] or {}).get("name") == error
    program.close()


def test_the_code_has_no_hand_in_later_checks(tmp_path: Path) -> None:
    program = SessionProgram(tmp_path)
    program.run("import json\njson.dumps = lambda *_: 'x'\nimport builtins\nbuiltins.len = int")
    out = program.run("y = [1]", "import json\nassert json.dumps([1]) == '[1]' and len(y) == 1")
    assert b'"error": null' in out[frames.VERDICT]
    program.close()
