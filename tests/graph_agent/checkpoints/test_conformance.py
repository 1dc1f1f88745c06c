"""LangGraph's conformance suite on our savers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from graph_agent.checkpoints import open_checkpoints
from graph_agent.config.settings import Settings
from tests.postgres_server import PostgresServer

conformance = pytest.importorskip(
    "langgraph.checkpoint.conformance", reason="langgraph-checkpoint-conformance is not installed"
)

BASE = {"put", "put_writes", "get_tuple", "list", "delete_thread"}


async def failures(name: str, factory: Any) -> tuple[set[str], list[str]]:
    """Run the suite; return the capabilities it tested, and the failures."""
    report = await conformance.validate(conformance.checkpointer_test(name=name)(factory))
    tried = {capability for capability, result in report.results.items() if result.detected}
    assert all(report.results[capability].tests_passed > 0 for capability in tried)
    return tried, [text for result in report.results.values() for text in result.failures]


async def test_sqlite(settings: Settings) -> None:
    number = count()

    async def fresh() -> AsyncIterator[Any]:
        state_dir = settings.state_dir / str(next(number))
        with open_checkpoints(settings.model_copy(update={"state_dir": state_dir})) as saver:
            yield saver

    assert await failures("sqlite", fresh) == (BASE | {"prune"}, [])


async def test_postgres(on_postgres: Settings, postgres: PostgresServer) -> None:
    async def fresh() -> AsyncIterator[Any]:
        with open_checkpoints(on_postgres) as saver:
            yield saver

    assert await failures("postgres", fresh) == (BASE | {"prune"}, [])
