"""Counting which packages programs import."""

from __future__ import annotations

import gzip
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.benchmarks import imported_packages

ROWS = [
    {"seed_id": "a/1", "code": {"pandas": "import pandas as pd\nimport regex.x, os"}},
    {"seed_id": "a/1", "prompt": "Import pandas!", "test": "from pandas import Series"},
    {"seed_id": "a/2", "code": "def f():\n    import pandas\n    from zz_none.b import c"},
]


def test_tasks_are_counted_by_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "\n".join(map(json.dumps, ROWS)).encode()
    with zipfile.ZipFile(tmp_path / "suite.whl", "w") as wheel:
        wheel.writestr("suite/data.jsonl.gz", gzip.compress(lines))
        wheel.writestr("suite/not_a_task.py", "import numpy")
    example = tmp_path / "examples" / "one.py"
    example.parent.mkdir()
    example.write_text("import pandas\nfrom . import other\n")
    with tarfile.open(tmp_path / "library.tar.gz", "w:gz") as sdist:
        sdist.add(example, "library/examples/one.py")
    imported_packages.main([str(tmp_path / "suite.whl"), str(tmp_path / "library.tar.gz")])
    first, *rows = capsys.readouterr().out.splitlines()
    assert first.startswith("3 tasks in ")
    assert [row.split(maxsplit=2) for row in rows] == [
        ["3", "pandas", "pandas"],
        ["1", "regex", "regex"],
        ["1", "zz_none", "not in the image (zz-none)"],
    ]
