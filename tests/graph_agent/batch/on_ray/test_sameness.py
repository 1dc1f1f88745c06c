"""Databases and stores that two machines see differently are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from graph_agent.batch.on_ray.sameness import (
    check_sees_database,
    check_sees_store,
    held_open,
    mark,
    marks_of,
)
from graph_agent.config.settings import Settings
from graph_agent.errors import CheckpointError, ClusterError
from sandbox.errors import VariableStoreError
from sandbox.variables.shared import SharedBlobs
from tests.postgres_server import PostgresServer
from tests.s3_server import S3Server


def test_the_same_database(on_postgres: Settings, postgres: PostgresServer, tmp_path: Path) -> None:
    shared = SharedBlobs(f"file://{tmp_path}/shared")
    with held_open(on_postgres, shared, "t1"):
        check_sees_database(on_postgres, "t1")
        with postgres.database() as other:
            elsewhere = on_postgres.model_copy(update={"checkpoints": SecretStr(other)})
            with pytest.raises(ClusterError, match="names another database"):
                check_sees_database(elsewhere, "t1")
        without = on_postgres.model_copy(update={"checkpoints": None})
        with pytest.raises(ClusterError, match="isn't set there"):
            check_sees_database(without, "t1")
        gone = SecretStr("postgresql://nobody:secret@127.0.0.1:9/none")
        with pytest.raises(CheckpointError) as caught:
            check_sees_database(on_postgres.model_copy(update={"checkpoints": gone}), "t1")
        assert "secret" not in str(caught.value)
    with pytest.raises(ClusterError):  # the batch is over
        check_sees_database(on_postgres, "t1")


def test_the_same_store(on_postgres: Settings, tmp_path: Path, s3: S3Server) -> None:
    for url, other in (
        (f"file://{tmp_path}/a", f"file://{tmp_path}/b"),
        (f"s3://{s3.bucket()}/x", f"s3://{s3.bucket()}/x"),
    ):
        here, there = SharedBlobs(url), SharedBlobs(other)
        with held_open(on_postgres, here, "t2"):
            check_sees_store(SharedBlobs(url), "t2")
            with pytest.raises(ClusterError, match="another one there"):
                check_sees_store(there, "t2")
            mark(SharedBlobs(url), "t2", "a")
            mark(there, "t2", "b")
            assert marks_of(here, "t2", "a")
            assert not marks_of(here, "t2", "b")
        assert here.read_text("probe/t2/token") is None
    assert not list((tmp_path / "a" / "probe").glob("*"))


def test_a_store_that_cannot_be_written_starts_nothing(
    on_postgres: Settings, tmp_path: Path
) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(VariableStoreError), held_open(
        on_postgres, SharedBlobs(f"file://{tmp_path}/taken"), "t3"
    ):  # fmt: skip
        pytest.fail("it was opened")
