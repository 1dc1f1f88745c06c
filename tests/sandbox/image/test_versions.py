"""The modules that variables need in the image, read from their pickles."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox.engine.connection import connect
from sandbox.image import image_packages, image_tag
from sandbox.image.versions import Comparison, Difference, MissingLibrary, needed_modules
from sandbox.variables.bundle import PickledVariable
from sandbox.variables.pickling import pickle_variables

NUMPY = importlib.metadata.version("numpy")
PANDAS = importlib.metadata.version("pandas")


def modules_needed(**values: Any) -> dict[str, frozenset[str]]:
    pickled = pickle_variables(values)
    assert not pickled.unsendable
    return needed_modules(io.BytesIO(pickled.stream), pickled.variables)


def test_classes_and_functions_name_their_modules() -> None:
    found = modules_needed(
        plain=[1, "numpy", {"a": b"x"}],
        frame=pd.DataFrame({"a": [1]}),
        marker=pytest.mark.skip,
    )
    assert found["plain"] == frozenset()
    assert {"pandas", "numpy"} <= found["frame"]
    assert found["marker"] == {"_pytest"}


def test_a_function_needs_the_modules_it_uses() -> None:
    found = modules_needed(text="numpy", doubled=lambda x: 2 * np.mean(x))
    assert found["text"] == frozenset()
    assert "numpy" in found["doubled"]


def test_modules_after_bulk_data_are_found() -> None:
    found = modules_needed(
        numbers=list(range(200_000)), text="x" * 3_000_000, marker=pytest.mark.skip
    )
    assert found["marker"] == {"_pytest"}


def test_the_time_is_limited() -> None:
    values = {f"v{number}": list(range(100_000)) for number in range(20)}
    pickled = pickle_variables(values)
    started = time.perf_counter()
    needed_modules(io.BytesIO(pickled.stream), pickled.variables)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("stream", [b"", b"\x80\x05", b"\x80\x05h\x07.", b"junk", b"\x8c\xff\xff"])
def test_damaged_pickles_need_no_module_and_raise_nothing(stream: bytes) -> None:
    entries = [PickledVariable("a", len(stream)), PickledVariable("b", 3)]
    assert needed_modules(io.BytesIO(stream), entries) == {"a": frozenset(), "b": frozenset()}


def test_missing_libraries_are_listed_by_variable() -> None:
    image = Comparison({"numpy": NUMPY})
    given = {"m": frozenset({"_pytest", "json", "__main__", "numpy", "nowhere_at_all"})}
    assert image.missing(given) == [MissingLibrary("m", "_pytest", "pytest")]
    assert Comparison({}).missing(given) == []


def test_versions_are_compared_by_distribution() -> None:
    image = Comparison({"numpy": NUMPY, "pandas": "1.5.0", "scikit-learn": "0.1", "nobody": "1"})
    needed = {"frame": frozenset({"numpy", "pandas"})}
    assert image.differences(needed) == [Difference("pandas", PANDAS, "1.5.0")]
    assert {found.distribution for found in image.differences()} == {"pandas", "scikit-learn"}


@pytest.mark.parametrize(
    ("here", "inside", "matters"),
    [("3.1.1", "3.1.0", False), ("3.1.1", "3.0.9", True), ("2.0", "3.0", True), ("3", "3", False)],
)
def test_major_and_minor_matter(here: str, inside: str, matters: bool) -> None:
    assert Difference("x", here, inside).matters is matters


@pytest.mark.docker
def test_this_hosts_libraries_have_the_images_versions() -> None:
    with contextlib.closing(connect()) as client:
        assert Comparison(image_packages(client, image_tag())).differences() == []
