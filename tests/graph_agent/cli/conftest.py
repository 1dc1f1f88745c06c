"""The command without a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph_agent.cli.command import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """The command in an empty folder, without a key or a model."""
    return Command(tmp_path / "work")
