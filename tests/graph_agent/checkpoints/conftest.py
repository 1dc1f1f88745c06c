"""Settings for each kind of database."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from graph_agent.settings import Settings


@pytest.fixture
def on_postgres(settings: Settings, database: str) -> Settings:
    """This test's settings, with an empty Postgres database."""
    return settings.model_copy(update={"checkpoints": SecretStr(database)})


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """The settings, once for each kind of database."""
    if request.param == "sqlite":
        return settings
    found = request.getfixturevalue("on_postgres")
    assert isinstance(found, Settings)
    return found
