"""The encoder as it is in the container: copied, renamed, and importing no library."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import sandbox.runner
from sandbox.results.decode import decode_payload
from tests.sandbox.identity import difference

NAME = "_codegen_agent_runner"
PLAIN = """
import sys
from _codegen_agent_runner.encode import encode_value
value = {"n": [1, 2.5, "x", None, (1,), {3}], "m": 2**80}
data = b"".join(encode_value(value))
heavy = {"numpy", "pandas", "pyarrow", "polars", "scipy", "PIL", "zoneinfo"} & set(sys.modules)
assert not heavy, heavy
assert "sandbox" not in sys.modules
sys.stdout.buffer.write(data)
"""
FRAME = """
import sys
import pandas as pd
from _codegen_agent_runner.encode import encode_value
data = b"".join(encode_value(pd.DataFrame({"a": [1, 2], "b": ["x", None]})))
assert "polars" not in sys.modules
sys.stdout.buffer.write(data)
"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    source = Path(sandbox.runner.__file__).parent
    shutil.copytree(source, tmp_path / NAME, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(folder: Path, code: str) -> bytes:
    script = f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_plain_values_import_no_library(copied: Path) -> None:
    expected = {"n": [1, 2.5, "x", None, (1,), {3}], "m": 2**80}
    assert difference(decode_payload(run(copied, PLAIN)), expected) is None


def test_frame_crosses_between_processes(copied: Path) -> None:
    expected = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert difference(decode_payload(run(copied, FRAME)), expected) is None
