"""Pickling for the container: what can be sent, what can't, and what stays shared."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.variables.pickling import OUT_OF_BAND_BYTES, PickledVariables, pickle_variables


def load(pickled: PickledVariables) -> dict[str, Any]:
    unpickler = pickle.Unpickler(io.BytesIO(pickled.stream), buffers=iter(pickled.buffers))
    return {variable.name: unpickler.load() for variable in pickled.variables}


def test_shared_references_between_variables_stay_shared() -> None:
    shared = [1, 2]
    loaded = load(pickle_variables({"a": shared, "b": {"inner": shared}}))
    assert loaded["b"]["inner"] is loaded["a"]


def test_big_buffers_are_kept_apart_and_small_ones_are_not() -> None:
    big, small = np.zeros(OUT_OF_BAND_BYTES, "u1"), np.arange(3)
    pickled = pickle_variables({"small": small, "big": big})
    assert [raw.nbytes for raw in pickled.buffers] == [OUT_OF_BAND_BYTES]
    assert len(pickled.stream) < 2_000
    assert [variable.buffers for variable in pickled.variables] == [(0, 0), (0, 1)]
    loaded = load(pickled)
    assert np.array_equal(loaded["small"], small)
    assert np.array_equal(loaded["big"], big)


def test_what_cannot_be_pickled_is_named_and_the_rest_is_sent() -> None:
    shared = [1]
    values = {"a": shared, "lock": threading.Lock(), "gen": (i for i in "x"), "b": shared}
    pickled = pickle_variables(values)
    assert set(pickled.unsendable) == {"lock", "gen"}
    assert "lock" in pickled.unsendable["lock"]
    loaded = load(pickled)
    assert loaded["a"] is loaded["b"]


def test_the_users_own_modules_are_sent_by_value(tmp_path: Path) -> None:
    (tmp_path / "my_helpers.py").write_text(
        textwrap.dedent(
            """
            FACTOR = 3

            class Scaler:
                def scale(self, x):
                    return scale(x)

            def scale(x):
                return x * FACTOR
            """
        )
    )
    script = """
import sys
sys.path.insert(0, {!r})
import my_helpers
from sandbox.variables.pickling import pickle_variables
pickled = pickle_variables({{"f": my_helpers.scale, "s": my_helpers.Scaler()}})
sys.stdout.buffer.write(pickled.stream)
"""
    stream = subprocess.run(
        [sys.executable, "-c", script.format(str(tmp_path))], capture_output=True, check=True
    ).stdout
    # This process cannot import my_helpers.
    unpickler = pickle.Unpickler(io.BytesIO(stream))
    assert unpickler.load()(2) == 6
    assert unpickler.load().scale(5) == 15
