"""SIGKILL at any point of a run, and another process finishes the work.

Each run makes two attempts, the first of which fails: four questions to the model,
eight nodes. What a process did is told by itself, the model's server and the engine.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.killed_program import Answer, Point
from tests.killed_runs import FAILS, MODEL, ROUND, WORKS, Model, Run

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system does not kill"),
]
SAVER = "langgraph.checkpoint.sqlite:SqliteSaver"
JOURNAL = "graph_agent.models.journal"
ON_OUTPUT = "nodes.execute:_run.<locals>.<lambda>"
CURSOR = "graph_agent.checkpoints.sqlite:GuardedSqliteSaver.cursor"
COMMIT = "self.conn.commit()"
"""Before it, all of a checkpoint is written, and none of it holds."""


@dataclass(frozen=True)
class Case:
    """Where a run dies; how many of its eight nodes need not run again; what is asked twice.

    ``asked_again``: only a question whose answer was not on disk yet.
    """

    point: Point
    finished: int
    asked_again: int = 0
    unsure: int = 0
    """How many nodes less may count as finished: LangGraph writes what a node returned, and
    the checkpoint after it, side by side."""

    def __str__(self) -> str:
        return str(self.point)


def asking(node: str, nth: int, finished: int) -> Iterator[Case]:
    """List the points of a node that asks the model; ``nth`` of its two times."""
    module, call = f"nodes.{node}", 2 * nth - (node == "generate")
    invoke = "graph_agent.models.calls:invoke"
    yield Case(Point(f"{module}:{node}", "call", nth), finished)
    yield Case(Point(f"{module}:_prepare", "return", nth), finished)
    # Each call is written twice: as it is sent, and with its answer.
    yield Case(Point(f"{JOURNAL}:_append", "call", 2 * call - 1), finished)
    yield Case(Point(f"{JOURNAL}:_append", "return", 2 * call - 1), finished)
    # Between these, the answer is only in the process that dies: it is paid for twice.
    yield Case(Point(invoke, "return", call), finished, asked_again=1)
    yield Case(Point(f"{JOURNAL}:_append", "line", 2 * call, "file.write(line)"), finished, 1)
    yield Case(Point(f"{JOURNAL}:_append", "return", 2 * call), finished)
    yield Case(Point(f"{module}:_Question.answered", "call", nth), finished)
    yield Case(Point(f"{module}:{node}", "return", nth), finished)


def executing(nth: int, finished: int) -> Iterator[Case]:
    """List the points of execute."""
    yield Case(Point("nodes.execute:execute", "call", nth), finished)
    yield Case(Point("sandbox.docker_sandbox:DockerSandbox._lease", "return", nth), finished)
    if nth == 2:  # the first prints nothing
        yield Case(Point(ON_OUTPUT), finished)
    yield Case(Point("sandbox.docker_sandbox:DockerSandbox.run", "return", nth), finished)
    yield Case(Point("nodes.recording:to_record", "return", nth), finished)
    yield Case(Point("nodes.execute:execute", "return", nth), finished)


def between(step: int) -> Iterator[Case]:
    """List the points after the ``step``-th node returned, until the next one is entered."""
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
            Point("graph_agent.checkpoints.sqlite:GuardedSqliteSaver.cursor", "line", nth, COMMIT),
            nth // 2,
            unsure=nth // 2,
        )
        for nth in (2, 5, 8, 12, 15, 19)
    ),
    Case(Point("graph_agent.result:result_from", "call"), 8),
    Case(Point("graph_agent.result:result_from", "return"), 8),
]


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Case, Future[None]]]:
    """Kill and resume side by side, for as many as there are cores to be counted on."""
    wanted = [
        one.callspec.params["case"]
        for one in request.session.items
        if isinstance(one, pytest.Function) and one.originalname == test_killed_at.__name__
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


def assert_solved(answer: Answer) -> None:
    assert answer.get("success"), answer
    assert answer["attempts"] == [[1, FAILS], [2, WORKS]]
    assert answer["outcomes"] == ["error", "ok"]
    assert answer["answer"] == 41
    once = {"calls": 2, "input_tokens": 22, "output_tokens": 14, "cached_calls": 0}
    assert answer["usage"] == {"generate": once, "analyze": once}
    for heading in ("Generated Code", "Execution Results"):
        for number in (1, 2):
            assert answer["transcript"].count(f"**{heading} (Attempt {number}):**") == 1
    assert answer["transcript"].count("**Analysis:**") == 2
