"""A Postgres server that is stopped or killed within and between the steps of a run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from graph_agent import AgentWorkflow, CheckpointError, CodeGenerationRequest
from graph_agent.config.settings import Settings
from graph_agent.runs.events import Executed, Generated, Printed
from tests.one_container import OneContainer
from tests.postgres_server import PostgresServer, account, programs, running_server
from tests.scripted_model import ScriptedModel, fenced, verdict

pytestmark = [pytest.mark.docker]
CODE = "print('up', flush=True)\nanswer = n + 1"
WITHIN = {"generate": None, "analyze": None, "execute": Printed}
BETWEEN = {"after generate": Generated, "after execute": Executed}


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    bin_, user = programs(), account()
    if bin_ is None or user is None or shutil.which("setpriv") is None:
        pytest.skip("no Postgres server here; on Debian: apt-get install postgresql")
    with running_server(bin_, user, keeps_commits=True) as server:
        yield server


@pytest.fixture
def on_server(server: PostgresServer, settings: Settings) -> Iterator[Settings]:
    with server.database() as url:
        yield settings.model_copy(update={"checkpoints": SecretStr(url)})


@pytest.fixture(scope="module")
def steady() -> Iterator[ThreadPoolExecutor]:
    """A thread to start the server from: the server ends with the thread that started it."""
    with ThreadPoolExecutor(1) as steady:
        yield steady


def restart(server: PostgresServer) -> None:
    server.stop()
    server.start()


@pytest.mark.parametrize("moment", [*WITHIN, *BETWEEN])
@pytest.mark.parametrize(
    ("fault", "repair"),
    [
        (restart, lambda server: None),
        (PostgresServer.stop, PostgresServer.start),
        (PostgresServer.kill, PostgresServer.start),
    ],
    ids=["restarted", "stopped", "killed"],
)
def test_the_run_can_be_resumed(
    moment: str,
    fault: Callable[[PostgresServer], None],
    repair: Callable[[PostgresServer], None],
    server: PostgresServer,
    steady: ThreadPoolExecutor,
    on_server: Settings,
    sandbox: OneContainer,
) -> None:
    struck: list[int] = []

    def strike() -> None:
        if not struck:
            struck.append(1)
            steady.submit(fault, server).result()

    def answer(node: str, text: str) -> Any:
        def reply(_: Any) -> str:
            if node == moment:
                strike()
            return text

        return reply

    model = ScriptedModel(
        codes=[answer("generate", fenced(CODE))], verdicts=[answer("analyze", verdict(True))]
    )
    awaited = {**WITHIN, **BETWEEN}[moment]
    request = CodeGenerationRequest("Add one", {"n": 1}, returns=["answer"])
    run = AgentWorkflow(request, model, sandbox=sandbox, settings=on_server, thread_id="t")

    def follow() -> None:
        for event in run.stream():
            if awaited is not None and isinstance(event, awaited):
                strike()

    with pytest.raises(CheckpointError, match="resume"):
        follow()
    assert struck
    steady.submit(repair, server).result()
    again = AgentWorkflow.resume("t", model, sandbox=sandbox, settings=on_server)
    result = again.run_sync()
    assert result.success
    assert result.variables["answer"] == 2
    assert [attempt.number for attempt in result.attempts] == [1]
    assert model.calls == ["generate", "analyze"]
    assert list((on_server.state_dir / "variables" / "jobs").glob("*")) == []
