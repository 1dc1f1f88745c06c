"""A real Postgres for the tests that name it, and settings for each kind of database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from graph_agent.config.settings import Settings
from tests.postgres_server import PostgresServer, account, programs, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server of this session's own."""
    bin_, user = programs(), account()
    if bin_ is None or user is None or shutil.which("setpriv") is None:
        pytest.skip("no Postgres server here; on Debian: apt-get install postgresql")
    with running_server(bin_, user) as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database."""
    with postgres.database() as url:
        yield url


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
