"""``sandbox build`` and ``model fetch``."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.image import image_tag
from tests.graph_agent.cli.command import Command

NO_ENGINE = "unix:///nowhere/docker.sock"


@pytest.mark.docker
def test_an_image_that_exists_is_not_built_again(command: Command) -> None:
    done = command.here("sandbox", "build")
    assert (done.code, done.out) == (0, f"{image_tag()}\n")
    assert command.here("sandbox", "build", "--json").json == {"image": image_tag()}


def test_build_without_an_engine(command: Command) -> None:
    done = command.here("sandbox", "build", "--json", DOCKER_HOST=NO_ENGINE)
    assert (done.code, done.json["exit_code"]) == (3, 3)


def test_given_weights_are_not_fetched(command: Command, tmp_path: Path) -> None:
    weights = tmp_path / "own.gguf"
    weights.write_bytes(b"GGUF" + bytes(100))
    environ = {"CODEGEN_AGENT_LOCAL_MODEL_PATH": str(weights)}
    done = command.here("model", "fetch", **environ)
    assert (done.code, done.out) == (0, f"{weights}\n")
    done = command.here("model", "fetch", "local-small", "--json", **environ)
    assert done.json == {"model": "local-small", "path": str(weights)}


def test_unknown_model(command: Command) -> None:
    done = command.here("model", "fetch", "nonsense")
    assert (done.code, done.out) == (2, "")
    assert "'nonsense'" in done.err
