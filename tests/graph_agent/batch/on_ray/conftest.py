"""What nodes need: a model's server, a database and a store, named by the environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.graph_agent.batch.numbers import KEY, NumberServer


@pytest.fixture
def server(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[NumberServer]:
    """A model's server, and an environment that leads to it, to Postgres and to a store."""
    with NumberServer() as server:
        for name, value in {
            "CODEGEN_AGENT_CHECKPOINTS": database,
            "CODEGEN_AGENT_SHARED_STORE": f"file://{tmp_path}/shared",
            "GOOGLE_GEMINI_BASE_URL": server.url,
            "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY,
        }.items():
            monkeypatch.setenv(name, value)
        yield server
