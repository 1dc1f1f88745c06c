"""The checks import the image's modules; those that only the code has stay in its process."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.runner.checks.checked import assert_fails, assert_passes

SHADOW = "open('{name}.py', 'w').write({source!r})\n"


def test_a_file_of_the_code_does_not_replace_a_module(tmp_path: Path) -> None:
    code = SHADOW.format(name="graphlib", source="import builtins; TopologicalSorter = 5")
    code += "import os, sys\nsys.path.insert(0, os.getcwd())"
    assert_passes(tmp_path, code, "import graphlib\nassert graphlib.TopologicalSorter != 5")


def test_a_module_that_the_code_wrote_runs_in_its_process(tmp_path: Path) -> None:
    source = "import builtins\nbuiltins.len = lambda _: 0\nseven = 7\ndef f(x): return x + 1"
    code = SHADOW.format(name="helper", source=source) + "import helper"
    assert_passes(tmp_path, code, "import helper\nassert (helper.seven, helper.f(1)) == (7, 2)")
    assert_passes(tmp_path, code, "from helper import f\nassert f(1) == 2 and len('ab') == 2")


def test_a_module_that_nobody_has(tmp_path: Path) -> None:
    assert_fails(tmp_path, "x = 1", "import no_such_module", "ModuleNotFoundError")
