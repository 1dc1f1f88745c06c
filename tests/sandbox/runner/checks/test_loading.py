"""Pickles that the code left, loaded by the checks."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.runner.checks.checked import assert_fails, assert_passes

LOAD = "import pickle\nassert pickle.load(open('a.pkl', 'rb')) == [40, {'a'}]"


def test_data_is_loaded(tmp_path: Path) -> None:
    code = "import pickle\nwith open('a.pkl', 'wb') as f: pickle.dump([40, {'a'}], f)"
    assert_passes(tmp_path, code, LOAD)


def test_nothing_is_run(tmp_path: Path) -> None:
    code = (
        "import pickle\nclass A:\n    def __reduce__(self): return exec, ('import builtins',)\n"
        "with open('a.pkl', 'wb') as f: pickle.dump(A(), f)"
    )
    assert "builtins.exec" in assert_fails(tmp_path, code, LOAD, "UnpicklingError")
