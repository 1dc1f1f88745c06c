"""The files that the page about servers names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.aegra_server import VERSION

REPO = Path(__file__).parent.parent.parent


def test_the_compose_file() -> None:
    compose: Any = yaml.safe_load((REPO / "docs" / "server" / "compose.yaml").read_text())
    server, postgres = compose["services"]["server"], compose["services"]["postgres"]
    assert f"aegra-api=={VERSION}" in server["build"]["dockerfile_inline"]
    folder = (REPO / "docs" / "server" / server["build"]["context"]).resolve()
    assert (folder / "langgraph.json").exists()
    assert server["ports"] == ["127.0.0.1:2026:2026"], "only this machine reaches it"
    assert "ports" not in postgres
    # What the engine mounts from has the same path inside and outside.
    state = next(volume for volume in server["volumes"] if "STATE" in volume)
    inside, outside = state.split("}:")
    assert f"{inside}}}" == outside


def test_langgraph_makes_a_dockerfile_of_the_configuration(tmp_path: Path) -> None:
    made = tmp_path / "Dockerfile"
    subprocess.run(
        [sys.executable, "-m", "langgraph_cli", "dockerfile", str(made)],
        cwd=REPO,
        check=True,
        capture_output=True,
    )
    text = made.read_text()
    assert re.search(r'"codegen-agent": "/deps/[^"]+/graph_agent/studio\.py:graph"', text)
    assert "\nADD . /deps/" in text
    assert "pip install" in text


def test_secrets_and_environments_stay_out_of_images() -> None:
    ignored = (REPO / ".dockerignore").read_text().splitlines()
    assert {".git", ".venv*", "**/.env"} <= set(ignored)
