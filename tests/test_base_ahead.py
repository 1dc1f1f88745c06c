"""Getting the image's base while the environment is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import ImageBuildError
from sandbox.image.packaged_base import made_tag
from tests.base_ahead import CommandLine, get_base

ROOT = Path(__file__).parents[1]


class Docker:
    """Answers as Docker's command line would."""

    def __init__(self, *there: str, architecture: str = "amd64", registry: bool = False) -> None:
        self.there, self.architecture, self.registry = there, architecture, registry

    def ask(self, *command: str) -> str:
        if command[0] == "version":
            return self.architecture
        return "1234" if command[-1] in self.there else ""

    def pulled(self, tag: str) -> bool:
        return self.registry


def made(docker: Any, python: str, arch: str, progress: Any) -> str:
    return made_tag(python)


def test_it_is_made_where_no_registry_answers() -> None:
    assert get_base("3.11", Docker(), made, {}) == made_tag("3.11")
    assert get_base("3.11", Docker(registry=True), made, {}) == "python:3.11-slim"


@pytest.mark.parametrize(
    ("docker", "environ"),
    [
        (Docker(architecture=""), {}),
        (Docker("python:3.11-slim"), {}),
        (Docker(made_tag("3.11")), {}),
        (Docker(), {"CODEGEN_AGENT_BASE_IMAGE": "mine"}),
        (Docker(), {"CODEGEN_AGENT_IMAGE_REGISTRY": "registry.example.org"}),
    ],
)
def test_nothing_is_done_without_an_engine_or_a_need(docker: Docker, environ: Any) -> None:
    def unwanted(*args: Any) -> str:
        raise AssertionError("not needed")

    assert get_base("3.11", docker, unwanted, environ) is None


@pytest.mark.parametrize(
    "error", [ImageBuildError("no mmdebstrap"), OSError(), subprocess.CalledProcessError(1, "x")]
)
def test_a_failure_is_left_to_the_build(error: Exception) -> None:
    def fails(*args: Any) -> str:
        raise error

    assert get_base("3.11", Docker(), fails, {}) is None


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where to write a program named docker."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "docker"


def write(program: Path, text: str) -> None:
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def test_the_command_line_is_asked(program: Path) -> None:
    docker = CommandLine()
    write(program, f'echo "$@" >> {program}.log; echo " amd64"')
    assert docker.ask("version", "-f", "x") == "amd64"
    docker.import_image_from_file("base.tar", "name", "tag")
    assert Path(f"{program}.log").read_text().splitlines() == [
        "version -f x",
        "import base.tar name:tag",
    ]
    assert docker.pulled("python:3.11-slim")
    write(program, "echo amd64; exit 1")
    assert docker.ask("version") == ""
    assert not docker.pulled("python:3.11-slim")


def test_a_registry_that_does_not_answer_is_not_awaited(program: Path) -> None:
    write(program, "exec sleep 60")
    assert not CommandLine().pulled("python:3.11-slim", first_answer_s=0.2)


def test_it_needs_no_package(tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-m", "tests.base_ahead"]
    environ = {"PATH": str(tmp_path), "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
