"""The host's pip downloads the wheels, here from a folder of tiny ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import ImageBuildError
from sandbox.image.requirements import Pin
from sandbox.image.wheels import download_wheels, pip_arguments, wheel_versions
from tests.sandbox.image.wheel_index import PYTHON, WheelIndex

Wheel = Callable[..., Path]


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    """Make a wheel that pip finds without any network."""
    return WheelIndex(tmp_path / "index", monkeypatch).add


def fetch(tmp_path: Path, *pins: Pin, arch: str = "amd64") -> tuple[Path, list[str]]:
    lines: list[str] = []
    return download_wheels(pins, PYTHON, arch, tmp_path / "cache", lines.append), lines


def test_wheels_are_downloaded_once(tmp_path: Path, wheel: Wheel) -> None:
    wheel("apple", "1.0", requires="core>=1")
    wheel("core", "1.0")
    wheel("core", "2.0")
    pins = Pin("apple", "1.0"), Pin("core", "1.0", direct=False)
    folder, lines = fetch(tmp_path, *pins)
    assert wheel_versions(folder) == {"apple": "1.0", "core": "1.0"}
    assert (folder / "requirements.txt").read_text() == "apple==1.0\n"
    assert lines == ["downloading the libraries' wheels"]
    assert fetch(tmp_path, *pins) == (folder, [])


@pytest.mark.parametrize(("arch", "machine"), [("amd64", "x86_64"), ("arm64", "aarch64")])
def test_wheels_are_for_the_images_platform(
    tmp_path: Path, wheel: Wheel, arch: str, machine: str
) -> None:
    for platform in ("win_amd64", "macosx_11_0_arm64", f"manylinux_2_28_{machine}"):
        wheel("apple", "1.0", platform=platform)
    folder, _ = fetch(tmp_path, Pin("apple", "1.0"), arch=arch)
    assert [path.name.split("-")[-1] for path in folder.glob("*.whl")] == [
        f"manylinux_2_28_{machine}.whl"
    ]


def test_host_versions_are_kept_if_they_conflict_with_the_shipped_ones(
    tmp_path: Path, wheel: Wheel
) -> None:
    wheel("apple", "1.0")
    wheel("pear", "1.0", requires="apple<1")
    wheel("pear", "2.0", requires="apple>=1")
    pins = Pin("apple", "1.0", host=True), Pin("pear", "1.0")
    folder, lines = fetch(tmp_path, *pins)
    assert wheel_versions(folder) == {"apple": "1.0", "pear": "2.0"}
    assert "conflict with the shipped pins" in lines[-1]
    assert (folder / "requirements.txt").read_text() == "apple==1.0\npear==2.0\n"


@pytest.mark.parametrize("host", [True, False])
def test_an_unavailable_library_is_named(tmp_path: Path, wheel: Wheel, host: bool) -> None:
    wheel("apple", "1.0")
    with pytest.raises(ImageBuildError, match=r"(?s)pip could not download.*apple==9\.9"):
        fetch(tmp_path, Pin("apple", "9.9", host=host))
    assert list((tmp_path / "cache" / "wheels").iterdir()) == []


def test_an_interrupted_download_is_repeated(tmp_path: Path, wheel: Wheel) -> None:
    wheel("apple", "1.0")

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download_wheels((Pin("apple", "1.0"),), PYTHON, "amd64", tmp_path / "cache", interrupt)
    killed = tmp_path / "cache" / "wheels" / "partial-of-a-killed-process"
    killed.mkdir()
    folder, _ = fetch(tmp_path, Pin("apple", "1.0"))
    assert wheel_versions(folder) == {"apple": "1.0"}
    assert not killed.exists()


def test_old_wheels_are_removed(tmp_path: Path, wheel: Wheel) -> None:
    wheel("apple", "1.0")
    wheel("apple", "2.0")
    first, _ = fetch(tmp_path, Pin("apple", "1.0"))
    second, _ = fetch(tmp_path, Pin("apple", "2.0"))
    assert wheel_versions(second) == {"apple": "2.0"}
    assert not first.exists()


def test_an_unknown_architecture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageBuildError, match="engine architecture 's390x'"):
        fetch(tmp_path, Pin("apple", "1.0"), arch="s390x")


def test_pip_may_use_only_wheels() -> None:
    options = pip_arguments("3.12", "arm64")
    assert "--only-binary=:all:" in options
    assert "manylinux_2_28_aarch64" in options
    assert not any("x86_64" in option for option in options)
