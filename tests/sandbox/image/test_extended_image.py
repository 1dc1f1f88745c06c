"""Allowed packages are added when code imports them; with real builds of tiny wheels."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import DockerSandbox, Execution, SandboxPolicy
from sandbox.engine.connection import connect
from sandbox.image import image_tag, old_images, remove_images
from sandbox.image.extended_image import missing_module
from sandbox.image.extension import extended_tag
from sandbox.image.spec import ROLE_LABEL, RUNNER_LABEL, image_spec
from sandbox.records import ExecutionError
from tests.sandbox.image.wheel_index import WheelIndex

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
ALLOWED = ("zz-apple>=1", "zz-Oddly-Named", "zz-absent")
HOSTILE_PTH = "import os; os.environ['ZZ_PTH'] = 'ran'\n"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelIndex:
    """A package, its dependency, and a package whose module has another name."""
    index = WheelIndex(tmp_path / "index", monkeypatch)
    taste = "import zz_core\ntaste = zz_core.taste\n"
    index.add("zz_apple", "0.9", files={"zz_apple/__init__.py": "taste = 'old'\n"})
    index.add(
        "zz_apple",
        "1.0",
        requires="zz-core",
        files={
            "zz_apple/__init__.py": taste,
            "zz_apple.pth": HOSTILE_PTH,
            "sitecustomize.py": HOSTILE_PTH,
        },
    )
    index.add("zz_core", "3.0", files={"zz_core.py": "taste = 'sour'\n"})
    index.add("zz_oddly_named", "1.0", files={"zzpear.py": "shape = 'round'\n"})
    return index


@pytest.fixture
def client() -> Iterator[Any]:
    """The real engine; the images of these tests are removed afterwards."""
    with contextlib.closing(connect()) as client:
        yield client
        images = client.api.images(filters={"label": f"{ROLE_LABEL}=extended"})
        ours = [image for image in images if "zz-" in json.dumps(image.get("Labels"))]
        remove_images(client, [tag for image in ours for tag in image.get("RepoTags") or ()])


@pytest.fixture
def sandbox(index: WheelIndex, client: Any) -> Iterator[DockerSandbox]:
    with DockerSandbox(SandboxPolicy(allow_packages=ALLOWED)) as sandbox:
        yield sandbox


def test_an_allowed_package_is_added_when_imported(
    sandbox: DockerSandbox, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        run = sandbox.run("import zz_apple\nx = n + zz_apple.taste", {"n": "very "})
    assert (run.outcome, dict(run.variables)) == ("ok", {"x": "very sour"}), run
    assert run.detail == "added to the image for it: zz-apple 1.0, zz-core 3.0"
    assert "zz-apple 1.0" in caplog.text
    assert sandbox.packages()["zz-core"] == "3.0"
    later = sandbox.run("import os, zz_apple\npth = os.environ.get('ZZ_PTH')")
    assert (later.outcome, later.detail, later.variables["pth"]) == ("ok", "", None)
    with DockerSandbox(SandboxPolicy(allow_packages=("zz-apple>=1",))) as another:
        built = extended_tag(image_tag(), ["zz-apple>=1"])
        created = client.api.inspect_image(built)["Created"]
        assert another.run("import zz_apple").ok
        assert client.api.inspect_image(built)["Created"] == created
    assert built not in old_images(client)
    assert client.api.inspect_image(built)["Config"]["Labels"][RUNNER_LABEL] == image_tag()
    assert built in old_images(client, image_spec(pins=()))


def test_several_packages_are_added_within_a_run(sandbox: DockerSandbox) -> None:
    printed: list[str] = []
    run = sandbox.run(
        "print('hello')\nimport zz_apple, zzpear\nx = zz_apple.taste + zzpear.shape",
        on_output=lambda _, text: printed.append(text),
    )
    assert (run.outcome, dict(run.variables)) == ("ok", {"x": "sourround"}), run
    assert run.stdout == "hello\n"
    assert "zz-apple 1.0" in run.detail
    assert "zz-oddly-named 1.0" in run.detail


def test_the_reason_is_given_if_a_module_is_still_missing(sandbox: DockerSandbox) -> None:
    absent = sandbox.run("import zz_absent")
    assert absent.outcome == "missing_package"
    assert "'zz_absent', and the allowed package 'zz-absent' could not" in absent.detail
    assert "satisfies the requirement zz-absent" in absent.detail
    other = sandbox.run("import zz_other")
    assert other.outcome == "missing_package"
    assert "'zz_other'" in other.detail
    assert "'zz-apple>=1', 'zz-Oddly-Named', 'zz-absent'" in other.detail
    inner = sandbox.run("import pandas.zz")
    assert inner.outcome == "missing_package"
    assert inner.detail.endswith("has no module 'pandas.zz'")


def test_without_permission_nothing_is_added() -> None:
    with DockerSandbox() as sandbox:
        run = sandbox.run("import zz_apple")
    assert run.outcome == "missing_package"
    assert "'zz_apple'" in run.detail
    assert "to allow it: --allow-package" in run.detail
    assert "--allow-package" in run.detail
    assert "SandboxPolicy(allow_packages=(" in run.detail


def test_a_removed_image_is_built_again(sandbox: DockerSandbox, client: Any) -> None:
    assert sandbox.run("import zzpear").ok
    remove_images(client, [extended_tag(image_tag(), ["zz-Oddly-Named"])])
    assert sandbox.run("x = 1").variables == {"x": 1}
    assert sandbox.run("import zzpear").ok


def test_a_variables_package_is_added_before_the_run(tmp_path: Path, client: Any) -> None:
    allowed = SandboxPolicy(allow_packages=("zz-grape",))
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path / "site-packages")!r})
import zz_grape
from sandbox import *
with DockerSandbox(SandboxPolicy(allow_packages=tuple(sys.argv[1:]))) as sandbox:
    try:
        run = sandbox.run("x = grape.colour", {{"grape": zz_grape.Grape()}})
        print(run.outcome, run.detail, run.variables)
    except VariableError as error:
        print(error)
"""
    with pytest.MonkeyPatch.context() as patch:
        index = WheelIndex(tmp_path / "index", patch)
        code = "class Grape:\n    colour = 'blue'\n"
        wheel = index.add("zz_grape", "1.0", files={"zz_grape.py": code})
        pip = [sys.executable, "-m", "pip", "install", "-q", "--target"]
        subprocess.run([*pip, str(tmp_path / "site-packages"), str(wheel)], check=True)
        command = [sys.executable, "-c", program]
        refused = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        added = subprocess.run(
            [*command, *allowed.allow_packages], capture_output=True, text=True, check=True
        ).stdout
    assert "'grape' needs the module 'zz_grape' of 'zz-grape'" in refused
    assert "allow_packages=('zz-grape',)" in refused
    assert added == "ok  {'x': 'blue'}\n"


@pytest.mark.parametrize(
    ("name", "message", "module"),
    [
        ("ModuleNotFoundError", "No module named 'a.b'; 'a' is not a package", "a.b"),
        ("ModuleNotFoundError", "No module named 'a'", "a"),
        ("ModuleNotFoundError", "No module named '../a'", None),
        ("ModuleNotFoundError", "gone", None),
    ],
)
def test_the_missing_module_is_read_from_the_error(
    name: str, message: str, module: str | None
) -> None:
    execution = Execution("missing_package", error=ExecutionError(name, message, ""))
    assert missing_module(execution) == module
    assert missing_module(Execution("error", error=execution.error)) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("RuntimeError", "\nImage export requires the Kaleido package, v1.0.0 or greater,\n"),
        ("ValueError", '\nImage export using the "kaleido" engine requires the Kaleido package,'),
    ],
)
def test_plotlys_own_message_names_kaleido(name: str, message: str) -> None:
    error = ExecutionError(name, message, "")
    assert missing_module(Execution("error", error=error)) == "kaleido"


@pytest.mark.slow
def test_a_wheel_from_the_package_index(client: Any, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--retries=0", "roman"]
    if subprocess.run([*pip, "-d", str(tmp_path)], capture_output=True, check=False).returncode:
        pytest.skip("no package index can be reached from here")
    with DockerSandbox(SandboxPolicy(allow_packages=("roman",))) as sandbox:
        run = sandbox.run("import roman\nx = roman.toRoman(1994)")
    assert (run.outcome, dict(run.variables)) == ("ok", {"x": "MCMXCIV"}), run
    assert "roman" in run.detail
    remove_images(client, [extended_tag(image_tag(), ["roman"])])
