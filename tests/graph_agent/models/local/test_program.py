"""The server program: its handshake, its answer to a bad file, its end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from graph_agent.models.local import program

KEY = "a-key"


def run(path: Path) -> subprocess.Popen[str]:
    """Start the program as the server module does, and send its job."""
    process = subprocess.Popen(
        [sys.executable, "-P", program.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    job = {
        "path": str(path),
        "name": "m",
        "api_key": KEY,
        "context_tokens": 512,
        "threads": 1,
        "states_folder": None,
        "max_file_bytes": 1_000,
    }
    assert process.stdin is not None
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    return process


def test_a_file_that_cannot_be_loaded_is_an_error(broken_gguf: Path) -> None:
    process = run(broken_gguf)
    out, _ = process.communicate(timeout=60)
    assert list(json.loads(out)) == ["error"]
    assert process.returncode == 1


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_serves_until_its_input_ends(weights: Path) -> None:
    process = run(weights)
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]
    assert url.startswith("http://127.0.0.1:")
    headers = {"Authorization": f"Bearer {KEY}"}
    assert httpx.get(f"{url}/v1/models", headers=headers, trust_env=False).status_code == 200
    assert process.poll() is None
    process.communicate(timeout=60)
    assert process.returncode == 0
