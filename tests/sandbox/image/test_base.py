"""Where the base image comes from, and what is said when there is none."""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox import ImageBuildError
from sandbox.engine import connect, engine_facts
from sandbox.image.base import SUITES, ensure_base, made_tag, make_base, pull

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "other")
UNREACHABLE = "127.0.0.1:9/nobody/python:slim"


def quiet(line: str) -> None:
    """Take a line of progress."""


@pytest.fixture
def client() -> Iterator[Any]:
    """The real engine."""
    client = connect()
    yield client
    client.close()


@pytest.mark.docker
def test_a_registry_that_refuses_is_told_at_once(client: Any) -> None:
    assert "127.0.0.1:9" in (pull(client, UNREACHABLE) or "")


@pytest.mark.docker
def test_a_base_somebody_named_is_not_replaced_by_another(client: Any) -> None:
    with pytest.raises(ImageBuildError, match=rf"'{UNREACHABLE}'.*CODEGEN_AGENT_BASE_IMAGE"):
        ensure_base(client, "3.11", ARCH, quiet, wanted=UNREACHABLE)


@pytest.mark.docker
def test_a_base_that_is_there_is_taken_as_it_is(client: Any) -> None:
    tags = [tag for image in client.images.list() for tag in image.tags]
    assert ensure_base(client, "3.11", ARCH, quiet, wanted=tags[0]) == tags[0]


@pytest.mark.docker
def test_an_engine_of_another_architecture_gets_no_base_made_here(client: Any) -> None:
    other = "arm64" if engine_facts(client).arch == "amd64" else "amd64"
    with pytest.raises(ImageBuildError, match=f"engine's architecture \\({other}\\)"):
        make_base(client, "3.11", other, quiet)


def test_a_python_no_release_has_is_refused() -> None:
    with pytest.raises(ImageBuildError, match="has Python 3.99; have `docker pull"):
        make_base(None, "3.99", ARCH, quiet)


def test_a_registry_that_says_nothing_is_not_waited_for() -> None:
    silent = threading.Event()

    def hang(tag: str, **_: object) -> Iterator[dict[str, str]]:
        silent.wait(30)
        yield {}

    client = SimpleNamespace(api=SimpleNamespace(pull=hang))
    assert pull(client, "python:slim", first_answer_s=0.1) == "nothing came for 0.1 s"
    silent.set()


def test_a_pull_is_followed_to_its_end() -> None:
    def answers(*lines: dict[str, str]) -> Any:
        return SimpleNamespace(api=SimpleNamespace(pull=lambda tag, **_: iter(lines)))

    assert pull(answers({"status": "Pulling"}, {"status": "Done"}), "a") is None
    assert pull(answers({"status": "Pulling"}, {"error": "disk full"}), "a") == "disk full"


def test_every_supported_python_has_its_release() -> None:
    assert made_tag("3.11") == "codegen-agent-base:debian-bookworm-py3.11"
    assert list(SUITES) == ["3.11", "3.12", "3.13"]
