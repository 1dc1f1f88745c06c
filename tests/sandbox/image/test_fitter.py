"""The image is checked against the variables before a run."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sandbox import DockerSandbox, Execution, VariableError, VariableStore
from sandbox.image.extended_image import ExtendedImage
from sandbox.image.fitter import ImageFitter
from sandbox.records import ExecutionError

NUMPY = importlib.metadata.version("numpy")
PANDAS = importlib.metadata.version("pandas")


@pytest.mark.docker
def test_a_variable_that_cannot_load_starts_no_container(sandbox: DockerSandbox) -> None:
    with pytest.raises(VariableError, match=r"'marker' needs the module '_pytest' of 'pytest'"):
        sandbox.run("x = 1", {"n": 1, "marker": pytest.mark.skip})


class OtherImage:
    """An engine whose image has these labels."""

    def __init__(self, **labels: str) -> None:
        self.api = self
        self._labels = {f"org.codegen-agent.{name}": value for name, value in labels.items()}

    def inspect_image(self, tag: str) -> dict[str, Any]:
        return {"Config": {"Labels": self._labels}}


def fitter(**labels: str) -> ImageFitter:
    return ImageFitter(
        ExtendedImage(lambda: OtherImage(**labels), "codegen-agent-runner:other", ())
    )


def test_another_python_is_refused(tmp_path: Path) -> None:
    store = VariableStore(tmp_path)
    bundle = store.put_variables({"n": 1})
    with pytest.raises(VariableError, match=r"the image's Python 3\.9; use an image with the same"):
        fitter(python="3.9").ensure_libraries(bundle)
    assert fitter(python=bundle.python).ensure_libraries(bundle) == ""
    assert fitter(python="3.9").ensure_libraries(store.put_variables({})) == ""


def test_an_image_without_labels_is_not_checked(tmp_path: Path) -> None:
    store = VariableStore(tmp_path)
    bundle = store.put_variables({"marker": pytest.mark.skip})
    assert fitter().ensure_libraries(bundle) == ""


def test_different_versions_are_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = VariableStore(tmp_path)
    inside = {"pandas": "1.5.0", "numpy": NUMPY, "pyarrow": "1"}
    image = fitter(packages=json.dumps(inside))
    bundle = store.put_variables({"frame": pd.DataFrame({"a": [1]})})
    note = image.ensure_libraries(bundle)
    assert f"pandas {PANDAS} here, 1.5.0 in the image" in note
    assert image.ensure_libraries(bundle) == note
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert image.ensure_libraries(store.put_variables({"n": 1})) == ""


def test_a_package_that_may_not_be_added_ends_the_runs() -> None:
    error = ExecutionError("ModuleNotFoundError", "No module named 'zz_apple'", "")
    runs: list[Execution] = []

    def run_once() -> Execution:
        runs.append(Execution("missing_package", error=error))
        return runs[-1]

    execution = fitter(packages="{}").run_with_missing_packages("import zz_apple", run_once)
    assert len(runs) == 1
    assert "'zz_apple'" in execution.detail
    assert "SandboxPolicy(allow_packages=" in execution.detail


def test_code_without_missing_packages_runs_once() -> None:
    ok = Execution("ok")
    assert fitter(packages="{}").run_with_missing_packages("x = 1", lambda: ok) is ok
