"""Where the base image comes from, and the errors if there is none."""

from __future__ import annotations

import contextlib
import json
import platform
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox import ImageBuildError
from sandbox.engine.connection import connect
from sandbox.image.base import ensure_base, pull

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "other")
UNREACHABLE = "127.0.0.1:9/nobody/python:slim"


def quiet(line: str) -> None:
    """Ignore a line of progress."""


@pytest.fixture
def client() -> Iterator[Any]:
    """The real engine."""
    client = connect()
    yield client
    client.close()


@pytest.mark.docker
def test_a_registry_that_refuses_is_reported_at_once(client: Any) -> None:
    assert "127.0.0.1:9" in (pull(client, UNREACHABLE) or "")


@pytest.mark.docker
def test_a_base_named_by_the_user_is_not_replaced(client: Any) -> None:
    with pytest.raises(ImageBuildError, match=rf"'{UNREACHABLE}'.*CODEGEN_AGENT_BASE_IMAGE"):
        ensure_base(client, "3.11", ARCH, quiet, wanted=UNREACHABLE)


@pytest.mark.docker
def test_an_existing_base_is_used(client: Any) -> None:
    tags = [tag for image in client.images.list() for tag in image.tags]
    assert ensure_base(client, "3.11", ARCH, quiet, wanted=tags[0]) == tags[0]


@pytest.mark.docker
@pytest.mark.parametrize("kind", ["credsStore", "credHelpers"])
def test_a_pull_works_without_the_credential_helper(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = "none-here" if kind == "credsStore" else {"127.0.0.1:9": "none-here"}
    (tmp_path / "config.json").write_text(json.dumps({kind: named}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with contextlib.closing(connect()) as client, pytest.warns(UserWarning, match="none-here"):
        problem = pull(client, UNREACHABLE) or ""
    assert "dial tcp 127.0.0.1:9" in problem  # it was tried all the same
    assert "docker-credential-none-here" in problem
    assert str(tmp_path / "config.json") in problem


def test_waiting_for_a_silent_registry_is_limited() -> None:
    silent = threading.Event()

    def hang(tag: str, **_: object) -> Iterator[dict[str, str]]:
        silent.wait(30)
        yield {}

    client = SimpleNamespace(api=SimpleNamespace(pull=hang))
    assert pull(client, "python:slim", first_answer_s=0.1) == "no answer for 0.1 s"
    silent.set()


def test_a_pull_is_followed_to_its_end() -> None:
    def answers(*lines: dict[str, str]) -> Any:
        return SimpleNamespace(api=SimpleNamespace(pull=lambda tag, **_: iter(lines)))

    assert pull(answers({"status": "Pulling"}, {"status": "Done"}), "a") is None
    assert pull(answers({"status": "Pulling"}, {"error": "disk full"}), "a") == "disk full"
