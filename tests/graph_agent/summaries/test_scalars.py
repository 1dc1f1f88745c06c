"""Single values."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import pytest

from tests.graph_agent.summaries.values import text


def test_paths(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(b"123")
    summary = text(file, "schema")
    assert "named 'data.bin', suffix '.bin', a file of 3 bytes" in summary
    assert str(tmp_path) not in summary
    assert str(tmp_path) in text(file)
    assert "a folder" in text(tmp_path, "schema")
    assert "does not exist here" in text(tmp_path / "gone", "schema")


@pytest.mark.parametrize(
    ("value", "schema", "shown"),
    [
        (None, "None", "None"),
        (True, "bool", "True"),
        ("two words", "str of 9 characters", "'two words'"),
        (b"a", "bytes of 1 byte", "b'a'"),
        (np.float32(0.5), "numpy.float32", "0.5"),
        (pd.NaT, "NaTType", "NaT"),
    ],
)
def test_values_are_shown_in_samples_only(value: object, schema: str, shown: str) -> None:
    assert text(value, "stats").endswith(schema)
    assert text(value).endswith(shown)
