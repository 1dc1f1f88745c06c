"""A whole batch: its folder, its limits, and going on after a kill at any moment."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest, run_batch
from graph_agent.batch.running import BatchStep, arun_batch
from graph_agent.checkpoints import list_runs, open_checkpoints
from graph_agent.config.settings import Settings
from graph_agent.errors import ModelError, ModelUnknownError, RequestError
from graph_agent.models import create_client
from sandbox import DockerSandbox
from tests.gemini_server import Failure, Slow
from tests.graph_agent.batch.numbers import KEY, NumberServer, line, number_asked, write_lines
from tests.graph_agent.batch.test_metrics import samples
from tests.graph_agent.cli.command import wait_until
from tests.scripted_model import ScriptedModel, fenced, verdict

MODEL = "gemini-2.5-flash"


def client(server: NumberServer) -> Any:
    """Make Gemini's real client for the server."""
    return create_client(MODEL, api_key="k", base_url=server.url)


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Read a file with an object on each line."""
    return [json.loads(text) for text in path.read_text("utf-8").splitlines()]


def test_a_batch_its_folder_and_its_totals(tmp_path: Path, sandbox: DockerSandbox) -> None:
    path = write_lines(tmp_path / "requests.jsonl", [line(number) for number in range(6)])
    steps: list[BatchStep] = []
    with NumberServer(lambda n: f"answer = {n if n != 4 else 5}", delay_s=0.4) as server:
        batch = run_batch(
            path,
            client(server),
            concurrency=3,
            max_attempts=1,
            out=tmp_path / "out",
            metrics=tmp_path / "batch.prom",
            sandbox=sandbox,
            on_step=steps.append,
        )
        assert sorted(server.asked) == list(range(6))
        assert server.most == 3
    assert [each.answer for each in batch.results] == [0, 1, 2, 3, None, 5]
    assert (batch.summary["solved"], batch.summary["not_solved"]) == (5, 1)
    assert (batch.summary["calls"], batch.summary["input_tokens"]) == (6, 66)
    assert batch.unfinished == ()
    assert [(step.done, step.total) for step in steps] == [(done, 6) for done in range(7)]
    out = batch.folder
    assert {each["id"] for each in lines_of(out / "results.jsonl")} == {f"n{n}" for n in range(6)}
    assert json.loads((out / "summary.json").read_text("utf-8")) == batch.summary
    assert {each.name for each in out.iterdir()} == {
        "results.jsonl", "setup.json", "summary.json", *(f"n{n}" for n in range(6)),
    }  # fmt: skip
    assert "answer = 3\n" in (out / "n3" / "code.py").read_text("utf-8")
    found = samples(tmp_path / "batch.prom")
    assert (found["requests/solved"], found["requests/not_solved"]) == (5, 1)
    assert found["tokens_total/input"] == 66
    # A run is a thread like any other.
    again = AgentWorkflow.resume(batch.results[2].thread_id, ScriptedModel()).run_sync()
    assert again.variables["answer"] == 2


def test_requests_made_in_python_and_resumed_with_new_ones(
    tmp_path: Path, sandbox: DockerSandbox
) -> None:
    requests = {
        name: CodeGenerationRequest(f"Give the number {value}", {"v": value}, returns=["answer"])
        for name, value in (("a/1", 1), ("b", 2))
    }
    model = ScriptedModel(
        codes=[fenced("answer = v")] * 2, verdicts=[verdict(True), ModelError("gone")]
    )
    options: dict[str, Any] = {"concurrency": 1, "out": tmp_path / "out", "sandbox": sandbox}
    first = run_batch(requests, model, **options)
    assert [each.id for each in first.results] == ["a/1"]
    assert [(each.id, each.kind) for each in first.unfinished] == [("b", "environment")]
    assert [each["id"] for each in lines_of(tmp_path / "out" / "unfinished.jsonl")] == ["b"]
    requests["c"] = CodeGenerationRequest("Give the number 3", {"v": 3}, returns=["answer"])
    model = ScriptedModel(codes=[fenced("answer = v")], verdicts=[verdict(True)] * 2)
    second = run_batch(requests, model, resume=True, **options)
    assert model.calls == ["analyze", "generate", "analyze"]
    assert [each.answer for each in second.results] == [1, 2, 3]
    assert not (tmp_path / "out" / "unfinished.jsonl").exists()
    third = run_batch(requests, ScriptedModel(), resume=True, **options)
    assert third.summary == second.summary


def test_an_unreachable_model_ends_the_batch_soon(tmp_path: Path, sandbox: DockerSandbox) -> None:
    path = write_lines(tmp_path / "requests.jsonl", [line(number) for number in range(20)])
    with NumberServer(special={n: Failure(403) for n in range(20)}) as server:
        batch = run_batch(
            path, client(server), concurrency=2, out=tmp_path / "out", sandbox=sandbox
        )
        assert len(server.requests) < 8
    assert 3 <= len(batch.unfinished) < 8
    assert batch.summary["open"] == 20 - len(batch.unfinished)
    assert not (tmp_path / "out" / "results.jsonl").exists()


def test_trouble_with_one_request_is_not_the_others(tmp_path: Path, sandbox: DockerSandbox) -> None:
    (tmp_path / "bad.xlsx").write_text("no workbook")
    lines = [line(number) for number in range(4)]
    lines.insert(1, line(9, variables={"t": "bad.xlsx"}))
    path = write_lines(tmp_path / "requests.jsonl", lines)
    with NumberServer(special={2: Failure(400)}) as server:
        batch = run_batch(path, client(server), out=tmp_path / "out", sandbox=sandbox)
    assert [each.id for each in batch.results] == ["n0", "n1", "n3"]
    kinds = {each.id: each.kind for each in batch.unfinished}
    assert kinds == {"n9": "input", "n2": "environment"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"client": "no-such-model"}, ModelUnknownError),
        ({"client": 5}, RequestError),
        ({"concurrency": 0}, RequestError),
        ({"max_attempts": 0}, RequestError),
        ({"candidates": 0}, RequestError),
        ({"resume": True}, RequestError),
        ({"requests": "nowhere.jsonl"}, RequestError),
        ({"requests": {}}, RequestError),
        ({"metrics": "/nowhere/batch.prom"}, RequestError),
        ({"nonsense": 1}, TypeError),
    ],
)
def test_bad_input_is_reported_before_anything_starts(
    tmp_path: Path, options: dict[str, Any], error: type[Exception]
) -> None:
    given = {"requests": {"a": CodeGenerationRequest("x")}, "client": ScriptedModel(), **options}
    with pytest.raises(error):
        run_batch(**given)
    assert not (tmp_path / "state" / "checkpoints.sqlite").exists()


def test_a_mistyped_folder_is_not_resumed(tmp_path: Path) -> None:
    requests = {"a": CodeGenerationRequest("x")}
    (tmp_path / "answers").mkdir()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").touch()
    for name, said in (("answrs", "did you mean 'answers'"), ("mine", "has no setup.json")):
        with pytest.raises(RequestError, match=said):
            run_batch(requests, ScriptedModel(), out=tmp_path / name, resume=True)
    assert {each.name for each in tmp_path.iterdir()} >= {"answers", "mine"}
    assert not (tmp_path / "answrs").exists()
    assert [each.name for each in mine.iterdir()] == ["thesis.txt"]


def test_a_request_has_its_own_model_and_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        line(0, model="gemini-2.5-flash-lite"),
        line(1, timeout=2, max_attempts=1),
        line(2, memory="64m", max_attempts=1),
    ]
    path = write_lines(tmp_path / "requests.jsonl", lines)
    codes = ["answer = 0", "import time\ntime.sleep(30)", "answer = len(bytearray(300 << 20))"]
    with NumberServer(codes.__getitem__) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        monkeypatch.setenv("GEMINI_API_KEY_FOR_CODEGEN_AGENT", KEY)
        batch = run_batch(path, client(server), out=tmp_path / "out")
        asked = {number_asked(each): each.path for each in server.requests}
    assert [each.execution for each in batch.results] == ["ok", "timeout", "out_of_memory"], batch
    assert ["flash-lite" in asked[number] for number in range(3)] == [True, False, False]


@pytest.mark.slow
def test_killed_on_postgres(tmp_path: Path, on_postgres: Settings) -> None:
    """Nothing that was answered is asked again, and the results are complete."""
    path = write_lines(tmp_path / "requests.jsonl", [line(number) for number in range(4)])
    out = tmp_path / "out"
    out.mkdir()
    url = on_postgres.checkpoints.get_secret_value()
    code = "import time\ntime.sleep({0} % 2 * 3)\nanswer = {0}"
    with NumberServer(code.format) as server:
        process = started(path, out, server, CODEGEN_AGENT_CHECKPOINTS=url)
        wait_until(lambda: answers_kept_on(url) == 4)
        kill(process)
        assert started(path, out, server, CODEGEN_AGENT_CHECKPOINTS=url).wait(300) == 0
        assert Counter(server.asked) == dict.fromkeys(range(4), 1)
    results = lines_of(out / "results.jsonl")
    assert sorted(each["answer"] for each in results) == list(range(4))
    with open_checkpoints(on_postgres) as saver:
        assert {each.thread_id for each in list_runs(saver)} == {
            each["thread_id"] for each in results
        }


def test_limits_of_a_request_are_not_for_a_given_sandbox(
    tmp_path: Path, sandbox: DockerSandbox
) -> None:
    path = write_lines(tmp_path / "requests.jsonl", [line(0, memory="300m")])
    with pytest.raises(RequestError, match="'n0' has a timeout or a memory limit"):
        run_batch(path, ScriptedModel(), sandbox=sandbox)


def test_a_folder_is_not_mixed_up(tmp_path: Path, sandbox: DockerSandbox) -> None:
    path = write_lines(tmp_path / "requests.jsonl", [line(1)])
    options: dict[str, Any] = {"out": tmp_path / "out", "sandbox": sandbox}
    with NumberServer() as server:
        run_batch(path, client(server), **options)
        with pytest.raises(RequestError, match="--resume"):
            run_batch(path, client(server), **options)
        with pytest.raises(RequestError, match="candidates 1, not 3"):
            run_batch(path, client(server), candidates=3, resume=True, **options)
        write_lines(path, [line(1, checks=None)])
        with pytest.raises(RequestError, match="'n1' changed or missing"):
            run_batch(path, client(server), resume=True, **options)
        assert len(server.requests) == 1


async def test_a_cancelled_batch_stops_its_runs_and_can_be_resumed(
    tmp_path: Path, sandbox: DockerSandbox
) -> None:
    path = write_lines(tmp_path / "requests.jsonl", [line(number) for number in range(3)])
    options: dict[str, Any] = {"concurrency": 2, "out": tmp_path / "out", "sandbox": sandbox}
    with NumberServer(special={1: Slow(60)}) as server:
        task = asyncio.create_task(arun_batch(path, client(server), **options))
        results = tmp_path / "out" / "results.jsonl"
        await asyncio.to_thread(
            wait_until, lambda: results.exists() and len(lines_of(results)) == 2
        )
        assert sorted(server.asked) == [0, 1, 2]
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begun < 20
    with NumberServer() as server:
        batch = await arun_batch(path, client(server), resume=True, **options)
        assert server.asked == [1]
    assert [each.answer for each in batch.results] == [0, 1, 2]


KILLED = """
import sys
from graph_agent import run_batch
run_batch(sys.argv[1], "gemini-2.5-flash", out=sys.argv[2], concurrency=3, resume=True)
"""


def started(
    requests: Path, out: Path, server: NumberServer, **more: str
) -> subprocess.Popen[bytes]:
    """Start a batch in a process of its own, or continue it."""
    environ = {
        **os.environ,
        "GOOGLE_GEMINI_BASE_URL": server.url,
        "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY,
        **more,
    }
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, str(requests), str(out)],
        env=environ,
        cwd=Path(__file__).parents[3],
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, without a chance to write anything more."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def answers_kept_on(url: str) -> int:
    """Count the answers of the model that reached the database."""
    with psycopg.connect(url) as connection:
        try:
            query = "SELECT COUNT(*) FROM codegen_agent_calls WHERE ending IS NOT NULL"
            return int(connection.execute(query).fetchall()[0][0])
        except psycopg.errors.UndefinedTable:  # nothing has been asked yet
            return 0


def answers_kept(state: Path) -> int:
    """Count the answers of the model that reached the disk."""
    path = state / "calls" / "calls.sqlite"
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            query = "SELECT COUNT(*) FROM calls WHERE ending IS NOT NULL"
            return int(connection.execute(query).fetchone()[0])
        except sqlite3.OperationalError:  # killed before its tables were there
            return 0


def test_killed_while_programs_run_nothing_is_asked_twice(
    tmp_path: Path, settings: Settings
) -> None:
    path = write_lines(tmp_path / "requests.jsonl", [line(number) for number in range(6)])
    out = tmp_path / "out"
    out.mkdir()
    code = "import time\ntime.sleep({0} % 3 * 2)\nanswer = {0}"
    with NumberServer(code.format) as server:
        process = started(path, out, server)
        wait_until(lambda: answers_kept(settings.state_dir) >= 3)
        kill(process)
        assert started(path, out, server).wait(300) == 0
        assert Counter(server.asked) == dict.fromkeys(range(6), 1)
    assert sorted(each["answer"] for each in lines_of(out / "results.jsonl")) == list(range(6))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_random_moments(tmp_path: Path, settings: Settings, seed: int) -> None:
    """What was being asked at a kill is asked again; what was answered and kept never is."""
    count, chance = 6, random.Random(seed)
    path = write_lines(tmp_path / "requests.jsonl", [line(number) for number in range(count)])
    out, kept_before, kills = tmp_path / "out", 0, 0
    out.mkdir()
    with NumberServer(delay_s=0.3) as server:
        while True:
            process, seen = started(path, out, server), len(server.requests)
            wait_until(lambda p=process, n=seen: p.poll() is not None or len(server.requests) > n)
            with contextlib.suppress(subprocess.TimeoutExpired):
                assert process.wait(chance.uniform(0, 2)) == 0
                break
            kill(process)
            kills += 1
            time.sleep(0.5)  # what the server is still answering is lost now
            kept = answers_kept(settings.state_dir)
            assert kept >= kept_before
            kept_before = kept
        asked = Counter(server.asked)
    lost = sum(asked.values()) - answers_kept(settings.state_dir)
    assert answers_kept(settings.state_dir) == count
    assert lost <= 3 * kills
    assert set(asked) == set(range(count))
    results = lines_of(out / "results.jsonl")
    assert sorted(each["answer"] for each in results) == list(range(count))
    assert [each["calls"] for each in results] == [1] * count
    assert all((out / each["folder"] / "report.html").exists() for each in results)


def test_a_kill_between_the_end_of_a_run_and_its_line(
    tmp_path: Path, sandbox: DockerSandbox
) -> None:
    path = write_lines(tmp_path / "requests.jsonl", [line(number) for number in range(3)])
    options: dict[str, Any] = {"out": tmp_path / "out", "sandbox": sandbox}
    with NumberServer() as server:
        run_batch(path, client(server), **options)
        results = tmp_path / "out" / "results.jsonl"
        whole = results.read_bytes()
        results.write_bytes(whole[: whole.index(b"\n") + 20])
        batch = run_batch(path, client(server), resume=True, **options)
        assert len(server.requests) == 3
    assert [each.answer for each in batch.results] == [0, 1, 2]
    assert len(lines_of(results)) == 3
