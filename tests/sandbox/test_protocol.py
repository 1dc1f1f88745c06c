"""The protocol and its implementation agree."""

from __future__ import annotations

import inspect

import pytest

from sandbox import DockerSandbox, Sandbox

METHODS = ("check", "packages", "prepare", "python_version", "run", "stop")


def test_the_protocol_has_these_methods() -> None:
    assert sorted(name for name in vars(Sandbox) if not name.startswith("_")) == list(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_docker_sandbox_has_the_same_signature(name: str) -> None:
    expected = inspect.signature(getattr(Sandbox, name))
    assert inspect.signature(getattr(DockerSandbox, name)) == expected
