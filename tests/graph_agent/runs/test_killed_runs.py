"""A run that is killed at any point is finished by another process.

Each run makes two attempts, and the first fails: four questions to the model, eight nodes.
The process, the model's server and the engine show what a process did.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from graph_agent.checkpoints import open_saver
from tests.killed_program import Point
from tests.killed_runs import MODEL, ROUND, Model, Run, assert_solved

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system does not kill"),
]
SAVER = "langgraph.checkpoint.sqlite:SqliteSaver"
LOG = "graph_agent.models.call_log"
CALLS = "graph_agent.models.calls"
ON_OUTPUT = "nodes.execute:_run.<locals>.<lambda>"
CURSOR = "graph_agent.checkpoints.sqlite.saver:GuardedSqliteSaver.cursor"
COMMIT, COMMIT_CALL = "self.conn.commit()", "connection.commit()"
"""Just before these, a checkpoint or a call is written but not committed."""


@dataclass(frozen=True)
class Case:
    """Where a run dies, and how many of its eight nodes don't run again.

    ``asked_again``: how many questions are asked twice, because an answer wasn't on disk.
    """

    point: Point
    finished: int
    asked_again: int = 0
    unsure: int = 0
    """How many fewer nodes may be finished: LangGraph writes a node's result and the checkpoint
    after it at the same time."""

    def __str__(self) -> str:
        return str(self.point)


def asking(node: str, nth: int, finished: int) -> Iterator[Case]:
    """List the points of the ``nth`` run of a node that asks the model."""
    module, call = f"nodes.{node}", 2 * nth - (node == "generate")
    transaction = f"{LOG}:CallLog._transaction"
    yield Case(Point(f"{module}:{node}", "call", nth), finished)
    yield Case(Point(f"{module}:_prepare", "return", nth), finished)
    # Each call is written twice: as it is sent, and with its answer.
    yield Case(Point(f"{LOG}:CallLog.begin", "call", call), finished)
    yield Case(Point(transaction, "line", 2 * call - 1, COMMIT_CALL), finished)
    yield Case(Point(f"{LOG}:CallLog.begin", "return", call), finished)
    # Between these, the answer is only in the process that dies: it is paid for twice.
    yield Case(Point(f"{CALLS}:Invocation.run", "return", call), finished, asked_again=1)
    yield Case(Point(transaction, "line", 2 * call, COMMIT_CALL), finished, asked_again=1)
    yield Case(Point(f"{LOG}:LogEntry.answered", "return", call), finished)
    yield Case(Point(f"{module}:_Asked.answered", "call", nth), finished)
    yield Case(Point(f"{CALLS}:run_steps", "return", call), finished)


def executing(nth: int, finished: int) -> Iterator[Case]:
    """List the points of execute."""
    yield Case(Point("nodes.execute:execute", "call", nth), finished)
    yield Case(Point("sandbox.containers.launch:Lease.put_variables", "call", nth), finished)
    if nth == 2:  # the first prints nothing
        yield Case(Point(ON_OUTPUT), finished)
    yield Case(Point("sandbox.docker_sandbox:DockerSandbox.run", "return", nth), finished)
    yield Case(Point("nodes.recording.recording:to_record", "return", nth), finished)
    yield Case(Point("nodes.execute:execute", "return", nth), finished)


def between(step: int) -> Iterator[Case]:
    """List the points between the ``step``-th node's return and the next node."""
    # The input and the start have checkpoints as well, and the start writes.
    yield Case(Point(f"{SAVER}.put_writes", "call", step + 1), step - 1)
    yield Case(Point(f"{SAVER}.put_writes", "return", step + 1), step)
    yield Case(Point(f"{SAVER}.put", "call", step + 2), step, unsure=1)
    yield Case(Point(f"{SAVER}.put", "return", step + 2), step)


CASES = [
    *asking("generate", 1, 0),
    *between(1),
    *executing(1, 1),
    *between(2),
    *asking("analyze", 1, 2),
    *between(3),
    Case(Point("nodes.decide:decide", "call", 1), 3),
    Case(Point("nodes.decide:decide", "return", 1), 3),
    *between(4),
    *list(asking("generate", 2, 4))[::3],
    *executing(2, 5),
    *list(asking("analyze", 2, 6))[2::3],
    Case(Point("nodes.decide:decide", "call", 2), 7),
    Case(Point("nodes.decide:decide", "return", 2), 7),
    *between(8),
    *(
        Case(
            Point(
                "graph_agent.checkpoints.sqlite.saver:GuardedSqliteSaver.cursor",
                "line",
                nth,
                COMMIT,
            ),
            nth // 2,
            unsure=nth // 2,
        )
        for nth in (2, 5, 8, 12, 15, 19)
    ),
    Case(Point("graph_agent.checkpoints.sqlite.saver:GuardedSqliteSaver.prune"), 8),
    Case(Point("graph_agent.results.result:result_from", "call"), 8),
    Case(Point("graph_agent.results.result:result_from", "return"), 8),
]


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Case, Future[None]]]:
    """Kill and resume several runs at the same time."""
    wanted = [
        item.callspec.params["case"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == test_killed_at.__name__
    ]
    with ThreadPoolExecutor(2) as pool:
        yield {
            case: pool.submit(kill_and_resume, case, tmp_path_factory.mktemp("killed"))
            for case in wanted
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_killed_at(case: Case, outcomes: dict[Case, Future[None]]) -> None:
    outcomes[case].result()


def kill_and_resume(case: Case, folder: Path) -> None:
    with Model() as model:
        run = Run(folder, model)
        run.killed(case.point)
        answer = run.resumed()
        assert_solved(answer)
        finished = 8 - len(answer["ran"])
        assert answer["ran"] == (2 * ROUND)[finished:]
        assert case.finished - case.unsure <= finished <= case.finished
        assert model.questions == 4
        assert len(model.requests) == 4 + case.asked_again
        assert model.models == {MODEL}
        run.assert_no_containers()
        with open_saver(run.state) as saver:
            assert len(list(saver.list(None))) == 1
