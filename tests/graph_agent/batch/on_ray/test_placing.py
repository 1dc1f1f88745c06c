"""Batches on a real Ray cluster of several nodes, whose workers and nodes are killed."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from graph_agent import AgentWorkflow, CodeGenerationRequest, run_batch
from graph_agent.batch.running import BatchStep
from graph_agent.config.settings import Settings, load_settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import CheckpointError, ClusterError, RequestError
from tests.graph_agent.batch.numbers import KEY, NumberServer, line, write_lines
from tests.postgres_server import PostgresServer
from tests.ray_cluster import RayNodes, running_cluster
from tests.scripted_model import ScriptedModel

MODEL = "gemini-2.5-flash"


def test_settings_that_are_missing(settings: Settings, on_postgres: Settings) -> None:
    requests = {"a": CodeGenerationRequest("x")}
    with pytest.raises(RequestError, match="set CODEGEN_AGENT_CHECKPOINTS"):
        run_batch(requests, MODEL, ray="auto", settings=settings)
    with pytest.raises(RequestError, match="set CODEGEN_AGENT_SHARED_STORE"):
        run_batch(requests, MODEL, ray="auto", settings=on_postgres)


def test_what_cannot_be_reached_starts_nothing(on_postgres: Settings, tmp_path: Path) -> None:
    requests = {"a": CodeGenerationRequest("x")}
    here = {"shared_store": f"file://{tmp_path}/shared"}
    usable = on_postgres.model_copy(update=here)
    options: dict[str, Any] = {"out": tmp_path / "out", "settings": usable}
    with pytest.raises(ClusterError, match="no Ray cluster answers"):
        run_batch(requests, MODEL, ray="127.0.0.1:9", **options)
    with pytest.raises(RequestError, match="makes its own client"):
        run_batch(requests, ScriptedModel(), ray="auto", **options)
    gone = SecretStr("postgresql://nobody@127.0.0.1:9/none")
    options["settings"] = usable.model_copy(update={"checkpoints": gone})
    with pytest.raises(CheckpointError, match="cannot connect"):
        run_batch(requests, MODEL, ray="127.0.0.1:9", **options)
    assert not (tmp_path / "out" / "setup.json").exists()


@pytest.fixture
def nodes(server: NumberServer, tmp_path: Path) -> Iterator[RayNodes]:
    """A cluster with the nodes a and b, each with a state folder of its own."""
    pytest.importorskip("ray")
    server.delay_s = 0.3  # so that kills come while requests are under way
    with running_cluster(tmp_path / "nodes") as nodes:
        nodes.start("a")
        nodes.start("b")
        yield nodes


@pytest.mark.slow
def test_a_worker_and_a_node_are_killed(
    nodes: RayNodes, server: NumberServer, postgres: PostgresServer, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("x\n" + "7\n" * 50_000)
    lines = [line(number, variables={"t": "table.csv"}) for number in range(10)]
    path = write_lines(tmp_path / "requests.jsonl", lines)
    out = tmp_path / "out"
    kills = 0

    def strike(step: BatchStep) -> None:
        nonlocal kills
        if step.done == 2:
            kills += nodes.kill_worker("a")
        if step.done == 5:
            threading.Thread(target=nodes.kill, args=("a",)).start()
            kills += 1

    batch = run_batch(path, MODEL, ray=nodes.address, out=out, on_step=strike)
    assert [each.answer for each in batch.results] == list(range(10)), batch.unfinished
    asked = Counter(server.asked)
    assert set(asked) == set(range(10))
    assert sum(asked.values()) <= 10 + 2 * kills  # what was under way on the node
    assert KEY.encode() not in (out / "setup.json").read_bytes()
    for each in batch.results:
        assert (out / each.folder / "report.html").exists()
    # The table was read once, and each node has a copy of it.
    blobs = {digest for digest in (tmp_path / "shared" / "blobs").rglob("*") if digest.is_file()}
    large = [blob for blob in blobs if blob.stat().st_size > 100_000]
    assert len(large) == 1
    for name in ("a", "b"):
        copy = nodes.state(name) / "variables" / "blobs" / large[0].name[:2] / large[0].name
        assert copy.read_bytes() == large[0].read_bytes()
    # The run is a thread like any other, also here.
    again = AgentWorkflow.resume(batch.results[3].thread_id, ScriptedModel()).run_sync()
    assert again.variables["answer"] == 3
    assert variable_store(load_settings()).shared is not None

    # Nodes that see another database, and another store, than this machine.
    before = len(server.requests)
    write_lines(path, [line(number) for number in range(20, 22)])
    with postgres.database() as other:
        nodes.start("c", CODEGEN_AGENT_CHECKPOINTS=other)
        with pytest.raises(ClusterError, match=r"^node .*names another database") as caught:
            run_batch(path, MODEL, ray=nodes.address, out=tmp_path / "no")
        assert other not in str(caught.value)
        nodes.kill("c")
    assert len(server.requests) == before
    assert not (tmp_path / "no" / "setup.json").exists()

    # The database breaks; afterwards the same command goes on.
    def break_(step: BatchStep) -> None:
        if step.done == 1 and step.found is not None:
            postgres.stop()
            postgres.start()

    options: dict[str, Any] = {"ray": nodes.address, "out": tmp_path / "more", "concurrency": 2}
    write_lines(path, [line(number) for number in range(20, 26)])
    first = run_batch(path, MODEL, on_step=break_, **options)
    second = run_batch(path, MODEL, resume=True, **options)
    assert [each.answer for each in second.results] == list(range(20, 26)), second.unfinished
    asked = Counter(server.asked)
    assert sum(asked[number] for number in range(20, 26)) <= 6 + 2
    summary = json.loads((tmp_path / "more" / "summary.json").read_text("utf-8"))
    assert summary["solved"] == 6
    assert len(first.results) + len(first.unfinished) <= 6
