"""Libraries are watched without being imported."""

from __future__ import annotations

from pathlib import Path

from sandbox.runner.shared.figures import PLOTLY
from tests.sandbox.runner.figures.pictured import run


def test_nothing_is_imported_that_the_code_did_not_import(tmp_path: Path) -> None:
    code = "import sys\nnames = {name.partition('.')[0] for name in sys.modules}\n"
    code += "print(sorted(names & {'matplotlib', 'plotly', 'PIL', 'seaborn', 'numpy', 'pandas'}))"
    assert run(tmp_path, code).stdout == "[]\n"
    code = "import importlib.util\nassert importlib.util.find_spec('plotly.io')\n"
    code += "import plotly.express as px\npx.line(y=[1, 2]).show()"
    assert run(tmp_path, code).mimes == [PLOTLY]


def test_a_module_of_the_code_may_have_the_name_of_a_library(tmp_path: Path) -> None:
    code = "import os, sys\nos.makedirs('plotly', exist_ok=True)\n"
    code += "open('plotly/__init__.py', 'w').close()\n"
    code += "open('plotly/basedatatypes.py', 'w').write('x = 1')\n"
    code += "from plotly.basedatatypes import x\nprint(x)"
    done = run(tmp_path, code)
    assert done.stdout == "1\n"
    assert "were not watched" in done.notes[0]
