"""``codegen-agent batch``."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.gemini_server import Failure, Slow
from tests.graph_agent.batch.numbers import NumberServer, line, write_lines
from tests.graph_agent.batch.test_metrics import samples
from tests.graph_agent.cli.command import Command, finished, interrupted, wait_until


def work_in(folder: Path, server: NumberServer | None, *lines: Any) -> Command:
    """Make a folder with a file of requests, and the command in it."""
    command = Command(folder / "work", server)
    write_lines(command.folder / "r.jsonl", lines)
    return command


def results_of(command: Command, out: str = "out") -> list[dict[str, Any]]:
    """Read the results of a batch."""
    text = (command.folder / out / "results.jsonl").read_text("utf-8")
    return [json.loads(each) for each in text.splitlines()]


def test_a_batch_with_data_and_one_that_is_not_solved(tmp_path: Path) -> None:
    lines = [
        line(1, variables={"tips": "tips.csv"}, max_attempts=1),
        line(2, checks="assert answer == 0", max_attempts=1),
    ]
    with NumberServer(lambda n: f"answer = {n}") as server:
        command = work_in(tmp_path, server, *lines)
        done = command.here("batch", "r.jsonl", "--out", "out", "--metrics", "batch.prom")
        assert done.code == 1, done.err
        shown = command.here("batch", "r.jsonl", "--out", "out", "--resume", "--json")
        assert len(server.requests) == 2
    assert done.out.startswith("1 of 2 solved, 1 not solved\n2 model calls, 36 tokens, 2 attempts,")
    assert "n1: solved (1 attempt, " in done.err
    assert "n2: not solved: " in done.err
    assert "2/2 1 solved" in done.err
    assert {each["id"]: each["answer"] for each in results_of(command)} == {"n1": 1, "n2": None}
    assert samples(command.folder / "batch.prom")["requests/solved"] == 1
    assert (shown.code, shown.json["solved"], shown.json["exit_code"]) == (1, 1, 1)
    assert shown.json["out"] == "out"
    (thread,) = [each["thread_id"] for each in results_of(command) if each["success"]]
    assert "Give the number 1" in command.here("show", thread).out


def test_all_solved(tmp_path: Path) -> None:
    with NumberServer() as server:
        done = work_in(tmp_path, server, line(1)).here("batch", "r.jsonl", "--json")
    assert (done.code, done.json["solved"], done.err) == (0, 1, "")
    assert Path(done.json["out"], "results.jsonl").exists()


def test_bad_input_starts_nothing(command: Command) -> None:
    write_lines(command.folder / "good.jsonl", [line(1)])
    write_lines(command.folder / "missing.jsonl", [line(1), line(2, variables={"t": "tip.csv"})])
    write_lines(command.folder / "twice.jsonl", [line(1), line(1)])
    write_lines(command.folder / "key.jsonl", [line(1, varaibles={})])
    (command.folder / "bad.jsonl").write_text(json.dumps(line(1)) + '\n{"id": "b"\n')
    (command.folder / "empty.jsonl").touch()
    for args, said in [
        (("nowhere.jsonl",), "does not exist"),
        (("bad.jsonl",), "line 2: malformed JSON"),
        (("missing.jsonl",), "line 2: variable 't': "),
        (("twice.jsonl",), "line 2: the id 'n1' is that of line 1"),
        (("key.jsonl",), "did you mean 'variables'?"),
        (("empty.jsonl",), "has no requests"),
        (("good.jsonl", "--resume"), "--out"),
        (("good.jsonl", "--resume", "--out", "good"), "'good' does not exist"),
        (("good.jsonl", "--resume", "--out", "."), "has no setup.json"),
        (("good.jsonl", "--concurrency", "0"), "--concurrency"),
        (("good.jsonl", "--model", "nonsense"), "nonsense"),
        (("good.jsonl", "--memory", "much"), "memory"),
        (("good.jsonl", "--ray", "auto"), "set CODEGEN_AGENT_CHECKPOINTS"),
        (("good.jsonl", "--out", "out", "--metrics", "no/such.prom"), "name another file"),
    ]:
        done = command.here("batch", *args)
        assert done.code == 2, (args, done.err)
        assert said in done.err, (args, done.err)
        assert done.out == ""
    assert not (command.folder / "out" / "setup.json").exists()


def test_without_a_model_or_an_engine_nothing_is_started(command: Command) -> None:
    write_lines(command.folder / "r.jsonl", [line(1)])
    args = ("batch", "r.jsonl", "--out", "x")
    done = command.here(*args, "--model", "gemini-2.5-flash")
    assert done.code == 3, done.err
    gone = command.here(
        *args, DOCKER_HOST="unix:///nowhere.sock", GEMINI_API_KEY_FOR_CODEGEN_AGENT="k"
    )
    assert gone.code == 3, gone.err
    assert not (command.folder / "x" / "setup.json").exists()


def test_trouble_is_kept_apart_and_told_with_how_to_continue(tmp_path: Path) -> None:
    with NumberServer(special={2: Failure(400)}) as server:
        command = work_in(tmp_path, server, line(1), line(2))
        done = command.here("batch", "r.jsonl", "--out", "out")
        assert done.code == 3, done.err
        assert "1 of 2 solved, 1 without a result (environment 1)" in done.out
        assert "n2: no result, the environment failed: " in done.err
        assert "--resume --out out" in done.err
        server.special.clear()
        again = command.here("batch", "r.jsonl", "--out", "out", "--resume")
    assert again.code == 0, again.err
    assert Counter(each["id"] for each in results_of(command)) == {"n1": 1, "n2": 1}


def test_a_run_that_waits_is_answered_and_taken_up(tmp_path: Path) -> None:
    with NumberServer() as server:
        command = work_in(tmp_path, server, line(1, approve="always"))
        done = command.here("batch", "r.jsonl", "--out", "out", "--json")
        assert done.code == 130, done.err
        (waiting,) = done.json["unfinished_requests"]
        assert waiting["kind"] == "waiting"
        assert command.here("resume", waiting["thread_id"], "--yes").code == 0
        again = command.here("batch", "r.jsonl", "--out", "out", "--resume", "--json")
        assert len(server.requests) == 1
    assert (again.code, again.json["solved"]) == (0, 1)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_an_interrupt_ends_the_current_steps_and_says_how_to_continue(
    tmp_path: Path, sent: signal.Signals
) -> None:
    code = "import time\ntime.sleep(1)\nanswer = {}"
    with NumberServer(code.format) as server:
        command = work_in(tmp_path, server, *(line(number) for number in range(4)))
        args = ("batch", "r.jsonl", "--out", "out", "--concurrency", "2")
        process = command.start(*args)
        wait_until(lambda: len(server.requests) == 2)
        process.send_signal(sent)
        done = finished(process)
        assert done.code == 130, done.err
        assert "Traceback" not in done.err
        assert "again stops them" in done.err
        assert done.error_lines[-2] == "codegen-agent: interrupted"
        assert done.error_lines[-1].endswith("the same command with --resume --out out")
        again = command.here(*args, "--resume")
        assert again.code == 0, again.err
        # The answers that were on their way are kept.
        assert Counter(server.asked) == dict.fromkeys(range(4), 1)
    assert sorted(each["answer"] for each in results_of(command)) == [0, 1, 2, 3]


def test_a_second_interrupt_stops_at_once(tmp_path: Path) -> None:
    with NumberServer(special={1: Slow(60)}) as server:
        command = work_in(tmp_path, server, line(1))
        process = command.start("batch", "r.jsonl", "--out", "out")
        wait_until(lambda: server.requests)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while b"again stops them" not in process.stderr.readline():
            assert process.poll() is None
        done = interrupted(process, lambda: True)
    assert done.code == 130
    assert "--resume --out out" in done.err
