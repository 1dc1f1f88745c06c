"""The modules that variables need, read from their pickles."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox.variables.bundle import PickledVariable
from sandbox.variables.needed_modules import needed_modules
from sandbox.variables.pickling import pickle_variables


def modules_needed(**values: Any) -> dict[str, tuple[str, ...]]:
    pickled = pickle_variables(values)
    assert not pickled.unsendable
    return needed_modules(io.BytesIO(pickled.stream), pickled.variables)


def test_classes_and_functions_name_their_modules() -> None:
    found = modules_needed(
        plain=[1, "numpy", {"a": b"x"}],
        frame=pd.DataFrame({"a": [1]}),
        marker=pytest.mark.skip,
    )
    assert found["plain"] == ()
    assert {"pandas", "numpy"} <= set(found["frame"])
    assert found["marker"] == ("_pytest",)


def test_a_function_needs_the_modules_it_uses() -> None:
    found = modules_needed(text="numpy", doubled=lambda x: 2 * np.mean(x))
    assert found["text"] == ()
    assert "numpy" in found["doubled"]


def test_modules_after_bulk_data_are_found() -> None:
    found = modules_needed(
        numbers=list(range(200_000)), text="x" * 3_000_000, marker=pytest.mark.skip
    )
    assert found["marker"] == ("_pytest",)


def test_the_time_is_limited() -> None:
    values = {f"v{number}": list(range(100_000)) for number in range(20)}
    pickled = pickle_variables(values)
    started = time.perf_counter()
    needed_modules(io.BytesIO(pickled.stream), pickled.variables)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("stream", [b"", b"\x80\x05", b"\x80\x05h\x07.", b"junk", b"\x8c\xff\xff"])
def test_damaged_pickles_need_no_module_and_raise_nothing(stream: bytes) -> None:
    entries = [PickledVariable("a", len(stream)), PickledVariable("b", 3)]
    assert needed_modules(io.BytesIO(stream), entries) == {"a": (), "b": ()}
