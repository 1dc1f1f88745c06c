"""The wheels of further packages: their versions, and none that the image has."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from sandbox import ImageBuildError
from sandbox.image.extension import extended_tag, fetch_wheels, modules_of
from sandbox.image.wheels import wheel_versions
from tests.sandbox.image.wheel_index import WheelIndex

HERE = importlib.metadata.version("docker")
RUNNER = "codegen-agent-runner:py3.11-0000000000000000"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelIndex:
    return WheelIndex(tmp_path / "index", monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


def test_packages_in_the_image_are_not_downloaded(index: WheelIndex, folder: Path) -> None:
    index.add("zz_apple", "1.0", requires="zz-core>=1")
    index.add("zz_core", "1.0")
    index.add("zz_core", "2.0")
    fetch_wheels(["zz-apple"], {"zz-core": "1.0"}, "amd64", folder)
    assert wheel_versions(folder) == {"zz-apple": "1.0"}


def test_the_newest_compatible_version_is_used(index: WheelIndex, folder: Path) -> None:
    index.add("zz_apple", "1.0", requires="zz-core<2")
    index.add("zz_apple", "2.0", requires="zz-core>=2")
    index.add("zz_core", "1.0")
    index.add("zz_core", "2.0")
    fetch_wheels(["zz-apple"], {"zz-core": "1.0"}, "amd64", folder)
    assert wheel_versions(folder) == {"zz-apple": "1.0"}


def test_the_hosts_version_is_preferred(index: WheelIndex, folder: Path) -> None:
    index.add("docker", HERE)
    index.add("docker", "999.0")
    fetch_wheels(["docker"], {}, "amd64", folder)
    assert wheel_versions(folder) == {"docker": HERE}


def test_another_version_is_used_if_the_hosts_is_not_allowed(
    index: WheelIndex, folder: Path
) -> None:
    index.add("docker", HERE)
    index.add("docker", "999.0")
    fetch_wheels(["docker>=999"], {}, "amd64", folder)
    assert wheel_versions(folder) == {"docker": "999.0"}


def test_sources_are_never_built(index: WheelIndex, folder: Path) -> None:
    (index.folder / "zz_source-1.0.tar.gz").write_bytes(b"setup.py would run here")
    with pytest.raises(ImageBuildError, match=r"pip found no wheels: .*zz-source"):
        fetch_wheels(["zz-source"], {}, "amd64", folder)


def test_a_conflict_with_the_image_is_reported(index: WheelIndex, folder: Path) -> None:
    index.add("zz_apple", "1.0", requires="zz-core>=2")
    index.add("zz_core", "1.0")
    index.add("zz_core", "2.0")
    with pytest.raises(ImageBuildError, match=r"image: zz-apple 1.0 depends on zz-core>=2"):
        fetch_wheels(["zz-apple"], {"zz-core": "1.0"}, "amd64", folder)


def test_an_unknown_architecture_is_refused(folder: Path) -> None:
    with pytest.raises(ImageBuildError, match="architecture 's390x'"):
        fetch_wheels(["zz-apple"], {}, "s390x", folder)


def test_a_packages_modules_are_read_from_its_wheel(index: WheelIndex) -> None:
    index.add("zz_odd", "1.0", requires="zz-absent", files={"zzpear/__init__.py": ""})
    assert modules_of("zz-odd", "amd64") == {"zzpear"}


def test_the_tag_follows_runner_and_requirements() -> None:
    tag = extended_tag(RUNNER, ["a", "b>=1"])
    assert tag.startswith("codegen-agent-extended:py")
    assert extended_tag(RUNNER, ["b>=1", "a"]) == tag
    assert extended_tag(RUNNER, ["a"]) != tag
    assert extended_tag(RUNNER + "1", ["a", "b>=1"]) != tag
