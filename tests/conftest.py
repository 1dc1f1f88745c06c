"""Fixtures for all tests: real Docker, a separate state folder for each test, no real models."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from graph_agent.config.settings import Settings, load_settings
from sandbox import DockerSandbox, EngineUnreachableError, SandboxPolicy, VariableStore
from sandbox.engine.connection import connect
from sandbox.image import build_image
from tests.one_container import OneContainer
from tests.s3_server import S3Server, program, running_s3

# Hundreds of processes import the same libraries: compiling them each time takes half of the
# processor time of such a process, and rewriting the tests' asserts most of that of collecting.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

KEPT = ("CODEGEN_AGENT_CACHE", "CODEGEN_AGENT_BASE_IMAGE")
OURS = ("CODEGEN_AGENT_", "GEMINI_API_KEY", "GOOGLE_API_KEY", "LANGSMITH_", "LANGCHAIN_")


@pytest.fixture(scope="session", autouse=True)
def no_real_models() -> Iterator[None]:
    """Refuse connections that leave this machine: no test may reach a real model."""
    connect = socket.socket.connect
    cards = psutil.net_if_addrs().values()
    ours = {"localhost", *(address.address for card in cards for address in card)}

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            if host not in ours and not host.startswith("127."):
                raise AssertionError(f"a test tried to connect to {host!r}")
        connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the developer's keys and settings, and give each test its own state folder."""
    for name in list(os.environ):
        # The folder of weights and wheels and the base image belong to the machine.
        if name.startswith(OURS) and name not in KEPT:
            monkeypatch.delenv(name)
    monkeypatch.setenv("CODEGEN_AGENT_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    empty = tmp_path.parent / "empty.env"
    empty.touch()
    monkeypatch.setenv("CODEGEN_AGENT_DOTENV_PATH", str(empty))


@pytest.fixture
def settings() -> Settings:
    """This test's settings, with its own state folder."""
    return load_settings()


@pytest.fixture(scope="session", autouse=True)
def runner_image() -> None:
    """Build the runner image if its program has changed; without an engine, tests report it."""
    with contextlib.suppress(EngineUnreachableError), contextlib.closing(connect()) as client:
        build_image(client)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3 server of this session's own."""
    moto = program()
    if moto is None:
        pytest.skip("moto's S3 server can't be installed here")
    with running_s3(moto) as server:
        yield server


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3 server, to which this test's variables lead."""
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture(scope="session")
def sandbox() -> Iterator[DockerSandbox]:
    """A sandbox with short limits on the real engine."""
    policy = SandboxPolicy(timeout_s=30, memory="1g")
    with DockerSandbox(policy) as sandbox:
        sandbox.check()
        yield sandbox


@pytest.fixture(scope="session")
def one_container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneContainer]:
    """One container for all runs of tests in which the sandbox isn't what is tested."""
    with (
        DockerSandbox(SandboxPolicy(timeout_s=30, memory="1g")) as own,
        OneContainer(own, VariableStore(tmp_path_factory.mktemp("values"))) as shared,
    ):
        yield shared
