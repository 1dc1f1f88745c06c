"""Base images made of packages, and the one sentence that says why there is none."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import ImageBuildError
from sandbox.engine.connection import connect
from sandbox.engine.facts import engine_facts
from sandbox.image import packaged_base
from sandbox.image.packaged_base import SUITES, made_tag, make_base, own_tag

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "other")


def quiet(line: str) -> None:
    """Ignore a line of progress."""


@pytest.fixture
def client() -> Iterator[Any]:
    """The real engine."""
    with contextlib.closing(connect()) as client:
        yield client


@pytest.mark.docker
def test_no_base_is_made_for_another_architecture(client: Any) -> None:
    other = "arm64" if engine_facts(client).arch == "amd64" else "amd64"
    with pytest.raises(ImageBuildError, match=f"engine's architecture \\({other}\\)"):
        make_base(client, "3.11", other, quiet)


def test_a_python_without_a_release_is_refused() -> None:
    with pytest.raises(ImageBuildError, match="Python 3.99: no .* release has it.*docker pull"):
        make_base(None, "3.99", ARCH, quiet)


def test_without_ubuntus_keys_python_312_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mmdebstrap").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(packaged_base, "UBUNTU_KEYS", (str(tmp_path / "keys.gpg"),))
    with pytest.raises(ImageBuildError, match=r"keys.gpg.*3\.11 or 3\.13.*docker pull") as refused:
        make_base(None, "3.12", ARCH, quiet)
    assert "\n" not in str(refused.value)
    assert "NO_PUBKEY" not in str(refused.value)
    (tmp_path / "keys.gpg").touch()
    (tmp_path / "mmdebstrap").write_text("#!/bin/sh\necho it is asked; exit 1\n")
    with pytest.raises(ImageBuildError, match="it is asked"):
        make_base(None, "3.12", ARCH, quiet)


@pytest.mark.parametrize(
    ("release", "named"),
    [({"ID": "debian", "VERSION_CODENAME": "trixie"}, "debian-trixie"), ({"ID": "arch"}, "none")],
)
def test_a_base_with_the_hosts_python_names_release_and_version(
    release: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    assert own_tag().startswith(f"codegen-agent-base:{named}-")
    assert own_tag().endswith(f"-own-py{platform.python_version()}")


def test_every_supported_python_has_its_release() -> None:
    assert made_tag("3.11") == "codegen-agent-base:debian-bookworm-py3.11"
    assert list(SUITES) == ["3.11", "3.12", "3.13"]
