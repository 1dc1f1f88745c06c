"""Variables are loaded from their folder, and changes to them are detected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox.runner.inputs import Given, LoadError, load
from sandbox.variables.store import VariableStore


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Given]:
    """Values loaded as in a container."""
    big = np.zeros(100_000)
    values = {"big": big, "view": {"big": big}, "frame": pd.DataFrame({"a": [1, 2]}), "n": [1]}
    store = VariableStore(tmp_path / "store")
    bundle: Any = store.put_variables(values)
    with store.job_folder() as folder:
        store.link_variables(bundle, folder)
        yield load(bundle.to_json(), str(folder))


def test_reading_changes_nothing(given: Given) -> None:
    namespace = dict(given.values)
    assert namespace["big"].sum() == 0
    assert namespace["view"]["big"] is namespace["big"]
    namespace["frame"].describe()
    assert given.changed(namespace) == []


def test_changes_in_place_rebinding_and_deletion_are_detected(given: Given) -> None:
    namespace = dict(given.values)
    namespace["big"][5] = 1
    namespace["frame"].loc[0, "a"] = 9
    del namespace["n"]
    assert given.changed(namespace) == ["big", "view", "frame", "n"]
    assert given.changed({**given.values, "n": [2]})[-1] == "n"


def test_a_value_that_does_not_load_is_named(tmp_path: Path) -> None:
    (tmp_path / "stream").write_bytes(b"cno_such_module\nThing\n.")
    entry = {"name": "model", "bytes": 1, "buffers": [0, 0]}
    manifest = {"pickle": "stream", "buffers": [], "files": [], "variables": [entry]}
    with pytest.raises(LoadError) as caught:
        load(manifest, str(tmp_path))
    assert caught.value.name == "model"
    assert "no_such_module" in caught.value.reason


def test_a_job_without_variables() -> None:
    assert load({}, "").values == {}
