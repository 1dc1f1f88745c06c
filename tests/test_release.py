"""The version, the workflows and the devcontainer, as far as they can be checked without GitHub."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import pytest

from tests.release import ROOT, pythons, version

BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_only_one_file_says_the_version() -> None:
    assert installed_version("codegen-agent") == version()
    sources = [
        path for name in ("graph_agent", "nodes", "sandbox") for path in (ROOT / name).rglob("*.py")
    ]
    assert sources
    assert not [
        path for path in sources if re.search("^__version__ *=", path.read_text(), re.MULTILINE)
    ]


def test_this_python_is_among_those_of_a_release() -> None:
    assert "{}.{}".format(*sys.version_info) in [wanted for wanted, _ in pythons()]


@pytest.mark.parametrize(
    "command",
    [
        ("zizmor", "--offline", "--no-progress", "-q", str(ROOT / ".github")),
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)),
    ],
    ids=lambda command: command[0],
)
def test_the_workflows_pass_their_linters(command: tuple[str, ...]) -> None:
    if not (BIN / command[0]).exists():
        pytest.skip(f"{command[0]} is not installed; it is in the extra dev")
    done = subprocess.run(
        [BIN / command[0], *command[1:]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_call_targets_and_commands_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "\n".join(path.read_text() for path in WORKFLOWS)
    called = set(re.findall(r"\bmake ([a-z-]+)", text))
    assert called
    assert called <= targets
    assert set(re.findall(r"tests\.release (\w+)", text)) <= {"version", "push", "try"}


def devcontainer() -> dict[str, Any]:
    text = (ROOT / ".devcontainer/devcontainer.json").read_text()
    lines = [line for line in text.splitlines() if not line.strip().startswith("//")]
    read: dict[str, Any] = json.loads("\n".join(lines))
    return read


def test_the_devcontainer_keeps_state_in_the_workspace_and_secrets_out_of_it() -> None:
    read = devcontainer()
    workspace = "${containerWorkspaceFolder}/.codegen-agent/"
    assert all(value.startswith(workspace) for value in read["containerEnv"].values())
    assert ".codegen-agent/" in (ROOT / ".gitignore").read_text().split()
    (secrets,) = [mount for mount in read["mounts"] if "/secrets/codegen_agent" in mount]
    assert "readonly" in secrets
    (feature,) = read["features"].items()
    assert feature[0].startswith("ghcr.io/devcontainers/features/docker-in-docker:")
    assert feature[1]["moby"] is False, "Docker's own packages"


def test_the_devcontainer_calls_what_exists() -> None:
    script = ROOT / ".devcontainer/set-up.sh"
    assert devcontainer()["postCreateCommand"] == "bash .devcontainer/set-up.sh"
    assert (
        subprocess.run([shutil.which("bash") or "bash", "-n", script], check=False).returncode == 0
    )
    assert (ROOT / "tests/installing.py").exists()
    for command in re.findall(r"codegen-agent ([a-z ]+)$", script.read_text(), re.MULTILINE):
        done = subprocess.run(
            [sys.executable, "-m", "graph_agent.cli", *command.split(), "--help"],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0
