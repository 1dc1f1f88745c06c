"""What a killed run needs is restored in another process, or the error says what is missing."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import docker.errors
import pytest

from tests.graph_agent.cli.command import Command
from tests.graph_agent.runs.test_killed_runs import ON_OUTPUT, SAVER, assert_solved
from tests.killed_program import Point
from tests.killed_runs import FAILS, MODEL, ROUND, WORKS, Model, Moment, Run, kill

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system does not kill"),
]
EXECUTE = Point("nodes.execute:execute")
WAITS = f"import time\nprint('up', flush=True)\ntime.sleep(4)\n{FAILS}"
SLEEPS = "import time\ntime.sleep(30)"


@pytest.fixture
def model() -> Iterator[Model]:
    with Model() as server:
        yield server


@pytest.fixture
def run(tmp_path: Path, model: Model) -> Run:
    return Run(tmp_path / "run", model)


@pytest.mark.parametrize(
    "point",
    [
        Point("graph_agent.request:CodeGenerationRequest.to_input"),
        Point("graph_agent.request:CodeGenerationRequest.to_input", "return"),
        Point(f"{SAVER}.put"),
        Point(
            "graph_agent.checkpoints.sqlite.saver:GuardedSqliteSaver.cursor",
            "line",
            1,
            "self.conn.commit()",
        ),
    ],
    ids=str,
)
def test_killed_before_anything_was_saved(run: Run, model: Model, point: Point) -> None:
    run.killed(point)
    answer = run.resumed()
    assert answer["error"] == "ThreadError"
    assert "there is no run 'the-run'" in answer["message"]
    assert not model.requests
    assert_solved(run.resumed(request="Give the answer"))


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("at", ["before", "half", "after"])
def test_killed_while_the_answer_is_on_its_way(
    run: Run, model: Model, number: int, at: Moment
) -> None:
    run.killed_by_the_model(number, at, tokens=True)
    assert len(model.requests) == number
    answer = run.resumed(tokens=True)
    assert_solved(answer)
    assert answer["ran"] == (2 * ROUND)[2 * (number - 1) :]
    assert model.questions == 4
    assert len(model.requests) == 5
    run.assert_no_containers()


@pytest.mark.parametrize("paused", [False, True])
def test_a_container_that_still_runs_is_replaced(run: Run, model: Model, paused: bool) -> None:
    model.codes[0] = WAITS
    process = run.held(Point(ON_OUTPUT))
    # An unused prepared container has no task in its name.
    (before,) = [
        container for container in run.containers() if container["Names"][0].count("-") > 2
    ]
    with contextlib.closing(docker.from_env()) as client:
        if paused:
            client.api.pause(before["Id"])
        kill(process)
        if paused:  # it can't notice that its host is gone
            assert before["Id"] in [container["Id"] for container in run.containers()]
        answer = run.resumed()
    assert answer["success"], answer
    assert answer["attempts"] == [[1, WAITS], [2, WORKS]]
    assert answer["ran"] == (2 * ROUND)[1:]
    assert len(model.requests) == 4
    run.assert_no_containers()


def test_a_container_ends_by_itself(run: Run, model: Model) -> None:
    model.codes[0] = SLEEPS
    process = run.held(Point("sandbox.containers.raw_run:RunReader.read_run"))
    assert run.containers()
    kill(process)
    run.assert_no_containers()


def test_after_a_restart_of_the_machine(run: Run, model: Model) -> None:
    process = run.held(Point("sandbox.containers.launch:Lease.put_variables", "call", 2))
    kill(process)
    with contextlib.closing(docker.from_env()) as client:
        for container in run.containers():
            with contextlib.suppress(docker.errors.APIError):  # it has just exited
                client.api.remove_container(container["Id"], force=True)
    run.assert_no_containers()
    shutil.rmtree(run.folder / "tmp")
    (run.folder / "tmp").mkdir()
    for path in run.state.iterdir():
        if path.name not in {"variables", "calls"} and not path.name.startswith("checkpoints."):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(run.state / "variables" / "jobs")
    answer = run.resumed()
    assert_solved(answer)
    assert answer["ran"] == (2 * ROUND)[5:]
    assert len(model.requests) == 4


def test_a_resumed_run_keeps_the_limits_of_its_first_environment(run: Run, model: Model) -> None:
    model.codes[0] = SLEEPS
    run.killed(EXECUTE, environ={"CODEGEN_AGENT_TIMEOUT_S": "1.5", "CODEGEN_AGENT_MEMORY": "700m"})
    process = run.held(Point("sandbox.containers.container:Container.serve"), request=None)
    assert memory_of(run) == 700 << 20
    kill(process)
    answer = run.resumed(options={"max_code_generation": 1})
    assert answer["outcomes"] == ["timeout"]


def test_the_current_environment_overrides_saved_limits(run: Run, model: Model) -> None:
    model.codes[0] = SLEEPS
    run.killed(EXECUTE, environ={"CODEGEN_AGENT_TIMEOUT_S": "300"})
    now = {"CODEGEN_AGENT_TIMEOUT_S": "1.5", "CODEGEN_AGENT_MEMORY": "600m"}
    there = run.folder / "there"
    process = run.held(
        Point("sandbox.containers.container:Container.serve"), request=None, environ=now
    )
    assert memory_of(run) == 600 << 20
    kill(process)
    there.unlink()
    answer = run.resumed(environ=now, options={"max_code_generation": 1})
    assert answer["outcomes"] == ["timeout"]


def memory_of(run: Run) -> int:
    with contextlib.closing(docker.from_env()) as client:
        limits = {
            client.api.inspect_container(container["Id"])["HostConfig"]["Memory"]
            for container in run.containers()
            if _pid_is_last(run, container)
        }
    (limit,) = limits
    return int(limit)


def _pid_is_last(run: Run, container: dict[str, dict[str, str]]) -> bool:
    return f".{run.pids[-1]}." in container["Labels"]["org.codegen-agent.owner"]


@pytest.mark.parametrize(
    "point", [Point("nodes.generate:generate"), Point(f"{SAVER}.put", "return", 1)], ids=str
)
def test_a_resumed_run_keeps_the_limits_of_its_workflow(run: Run, point: Point) -> None:
    options = {"max_code_generation": 7, "budget": {"model_calls": 2}}
    run.killed(point, options=options)
    answer = run.resumed()
    assert answer["stopped_by"] == "model_calls"
    assert answer["attempts"] == [[1, FAILS]]


def test_resuming_a_run_of_a_client_object_needs_a_client(run: Run, model: Model) -> None:
    run.killed(Point(f"{SAVER}.put", "return", 1), scripted=True)
    answer = run.resumed()
    assert answer["error"] == "ThreadError"
    assert "'the-run'" in answer["message"]
    assert "client" in answer["message"]
    command = Command(run.folder, model)
    refused = command.here("resume", "the-run", CODEGEN_AGENT_STATE=str(run.state))
    assert refused.code == 2
    assert len(refused.error_lines) == 1
    assert "--model NAME" in refused.error_lines[0]
    again = command.here("resume", "the-run", "--model", MODEL, CODEGEN_AGENT_STATE=str(run.state))
    assert again.code == 0, again.err


def test_a_missing_value_is_an_error_until_it_is_restored(run: Run, model: Model) -> None:
    run.killed(EXECUTE)
    blobs, aside = run.state / "variables" / "blobs", run.folder / "aside"
    blobs.rename(aside)
    answer = run.resumed()
    assert answer["error"] == "VariableStoreError"
    assert "pass the variables again" in answer["message"]
    shutil.rmtree(blobs, ignore_errors=True)
    aside.rename(blobs)
    assert_solved(run.resumed())
    assert len(model.requests) == 4


@pytest.mark.parametrize("damage", ["removed", "cut", "emptied"])
def test_without_the_call_log_the_question_is_asked_again(
    run: Run, model: Model, damage: str
) -> None:
    run.killed(Point("graph_agent.models.calls:run_steps", "return"))
    if damage == "removed":
        shutil.rmtree(run.state / "calls")
    else:
        with closing(sqlite3.connect(run.state / "calls" / "calls.sqlite")) as database, database:
            database.execute(
                "UPDATE calls SET ending = "
                + ("substr(ending, 1, length(ending) / 2)" if damage == "cut" else "''")
            )
    assert_solved(run.resumed())
    assert (model.questions, len(model.requests)) == (4, 5)


def test_a_run_without_its_image_can_be_resumed_later(run: Run, model: Model) -> None:
    run.killed(EXECUTE)
    answer = run.resumed(image="codegen-agent-runner:nowhere")
    assert answer["error"] == "ImageMissingError"
    assert "sandbox build" in answer["message"]
    assert_solved(run.resumed())
    assert len(model.requests) == 4


@pytest.mark.parametrize(
    "point",
    [
        Point(f"{SAVER}.put", "return", 1),
        Point(f"{SAVER}.put", "return", 2),
        Point("nodes.generate:generate"),
    ],
    ids=str,
)
@pytest.mark.parametrize("first_ended", [True, False])
def test_a_new_request_on_a_used_thread(
    run: Run, model: Model, point: Point, first_ended: bool
) -> None:
    if first_ended:
        assert_solved(run.resumed(request="Give the answer"))
    else:  # killed before its second attempt
        run.killed(Point("nodes.generate:generate", nth=2))
    model.requests.clear()
    run.killed(point, request="Give it again")
    answer = run.resumed()
    assert_solved(answer)
    assert answer["request"] == "Give it again"
    assert answer["ran"] == 2 * ROUND
    assert len(model.requests) == 4
