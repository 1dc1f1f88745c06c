"""What variables need of the image, read off their pickle."""

from __future__ import annotations

import importlib.metadata
import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox import DockerSandbox, VariableError, VariableStore
from sandbox.additions import Additions
from sandbox.engine import connect
from sandbox.fit import Fit
from sandbox.image import image_packages, image_tag
from sandbox.pickling import pickle_variables
from sandbox.versions import Comparison, Difference, Lack, needed_modules

NUMPY = importlib.metadata.version("numpy")
PANDAS = importlib.metadata.version("pandas")


def needs(**values: Any) -> dict[str, frozenset[str]]:
    pickled = pickle_variables(values)
    assert not pickled.unsendable
    entries = [{"name": one.name, "bytes": one.pickled_bytes} for one in pickled.variables]
    return needed_modules(io.BytesIO(pickled.stream), entries)


def test_classes_and_functions_tell_their_modules() -> None:
    found = needs(
        plain=[1, "numpy", {"a": b"x"}],
        frame=pd.DataFrame({"a": [1]}),
        marker=pytest.mark.skip,
    )
    assert found["plain"] == frozenset()
    assert {"pandas", "numpy"} <= found["frame"]
    assert found["marker"] == {"_pytest"}


def test_a_function_needs_the_modules_it_uses() -> None:
    found = needs(text="numpy", doubled=lambda x: 2 * np.mean(x))
    assert found["text"] == frozenset()
    assert "numpy" in found["doubled"]


def test_what_comes_after_mass_data_is_still_read() -> None:
    found = needs(numbers=list(range(200_000)), text="x" * 3_000_000, marker=pytest.mark.skip)
    assert found["marker"] == {"_pytest"}


def test_the_time_is_bounded() -> None:
    values = {f"v{number}": list(range(100_000)) for number in range(20)}
    pickled = pickle_variables(values)
    entries = [{"name": one.name, "bytes": one.pickled_bytes} for one in pickled.variables]
    started = time.perf_counter()
    needed_modules(io.BytesIO(pickled.stream), entries)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("stream", [b"", b"\x80\x05", b"\x80\x05h\x07.", b"junk", b"\x8c\xff\xff"])
def test_damage_finds_nothing_and_raises_nothing(stream: bytes) -> None:
    entries = [{"name": "a", "bytes": len(stream)}, {"name": "b", "bytes": 3}]
    assert needed_modules(io.BytesIO(stream), entries) == {"a": frozenset(), "b": frozenset()}


def test_what_the_image_lacks_is_listed_by_variable() -> None:
    image = Comparison({"numpy": NUMPY})
    given = {"m": frozenset({"_pytest", "json", "__main__", "numpy", "nowhere_at_all"})}
    assert image.lacks(given) == [Lack("m", "_pytest", "pytest")]
    assert Comparison({}).lacks(given) == []


def test_versions_are_compared_by_distribution() -> None:
    image = Comparison({"numpy": NUMPY, "pandas": "1.5.0", "scikit-learn": "0.1", "nobody": "1"})
    needed = {"frame": frozenset({"numpy", "pandas"})}
    assert image.differences(needed) == [Difference("pandas", PANDAS, "1.5.0")]
    assert {one.distribution for one in image.differences()} == {"pandas", "scikit-learn"}


@pytest.mark.parametrize(
    ("here", "inside", "matters"),
    [("3.1.1", "3.1.0", False), ("3.1.1", "3.0.9", True), ("2.0", "3.0", True), ("3", "3", False)],
)
def test_major_and_minor_matter(here: str, inside: str, matters: bool) -> None:
    assert Difference("x", here, inside).matters is matters


@pytest.mark.docker
def test_this_hosts_libraries_are_the_images() -> None:
    client = connect()
    try:
        assert Comparison(image_packages(client, image_tag())).differences() == []
    finally:
        client.close()


@pytest.mark.docker
def test_a_variable_the_image_cannot_load_starts_no_container(sandbox: DockerSandbox) -> None:
    with pytest.raises(VariableError, match=r"'marker' needs the module '_pytest' of 'pytest'"):
        sandbox.run("x = 1", {"n": 1, "marker": pytest.mark.skip})


class OtherImage:
    """Stands in for an engine whose image has these labels."""

    def __init__(self, **labels: str) -> None:
        self.api = self
        self._labels = {f"org.codegen-agent.{name}": value for name, value in labels.items()}

    def inspect_image(self, tag: str) -> dict[str, Any]:
        return {"Config": {"Labels": self._labels}}


def fit_with(**labels: str) -> Fit:
    return Fit(Additions(lambda: OtherImage(**labels), "codegen-agent-runner:other", ()))


def test_another_python_is_refused(tmp_path: Path) -> None:
    store = VariableStore(tmp_path)
    bundle = store.put_variables({"n": 1})
    with pytest.raises(VariableError, match=r"the image's Python 3\.9; use an image with the same"):
        fit_with(python="3.9").to_variables(bundle, store)
    assert fit_with(python=bundle["python"]).to_variables(bundle, store) == ""
    assert fit_with(python="3.9").to_variables(store.put_variables({}), store) == ""


def test_an_image_without_labels_is_left_to_itself(tmp_path: Path) -> None:
    store = VariableStore(tmp_path)
    bundle = store.put_variables({"marker": pytest.mark.skip})
    assert fit_with().to_variables(bundle, store) == ""


def test_versions_that_differ_are_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = VariableStore(tmp_path)
    inside = {"pandas": "1.5.0", "numpy": NUMPY, "pyarrow": "1"}
    fit = fit_with(packages=json.dumps(inside))
    bundle = store.put_variables({"frame": pd.DataFrame({"a": [1]})})
    note = fit.to_variables(bundle, store)
    assert f"pandas {PANDAS} here, 1.5.0 in the image" in note
    assert fit.to_variables(bundle, store) == note
    assert [one.levelname for one in caplog.records] == ["WARNING"]
    assert fit.to_variables(store.put_variables({"n": 1}), store) == ""
