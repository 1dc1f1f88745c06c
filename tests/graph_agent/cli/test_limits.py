"""Limits, forks and rules, by their options."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer, Reply, Text
from tests.graph_agent.cli.command import Command
from tests.scripted_model import fenced, verdict

FAILS: list[Reply] = [
    one
    for number in range(1, 5)
    for one in (Text(fenced(f"{number} / 0")), Text(verdict(False, why="No.")))
]


@pytest.mark.parametrize(
    ("option", "low", "high", "name"),
    [
        ("--max-attempts", "1", "2", "attempts"),
        ("--max-calls", "2", "4", "model_calls"),
        ("--max-tokens", "36", "72", "tokens"),
        ("--max-time", "0.001", "0.002", "time_s"),
        ("--max-cost", "0.00005", "0.0001", "cost"),
    ],
)
def test_each_limit(tmp_path: Path, option: str, low: str, high: str, name: str) -> None:
    prices = {"CODEGEN_AGENT_PRICES": "1,2"}
    with GeminiServer(FAILS) as server:
        command = Command(tmp_path / "work", server)
        done = command("run", "Go", option, low, "--json", **prices)
        assert done.code == 1, done.err
        assert done.json["stopped_by"] == name
        assert done.json["cost"] == pytest.approx(len(server.requests) * 25e-6)
        thread, asked = done.json["thread_id"], len(server.requests)
        same = command("resume", thread, option, low)
        assert same.code == 1
        assert f"**Stopped By:** the limit on {name}" in same.out
        assert f"to go on: codegen-agent resume {thread} {option} MORE" in same.err
        assert len(server.requests) == asked
        more = command("resume", thread, option, "60" if name == "time_s" else high, "--json")
        assert more.code == 1, more.err
        numbers = [one["number"] for one in more.json["attempts"]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > len(done.json["attempts"])
        assert len(server.requests) == sum(one["calls"] for one in more.json["usage"].values())


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--max-time", "0"], "'time_s' is unusable"),
        (["--max-time", "nan"], "'time_s' is unusable"),
        (["--max-cost", "1"], "CODEGEN_AGENT_PRICES"),
        (["--max-tokens", "0"], "--max-tokens"),
        (["--max-calls", "many"], "--max-calls"),
        (["--skip-rule", "all"], "one of checks, missing_return"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_told_first(command: Command, args: list[str], says: str) -> None:
    done = command("run", "Go", *args)
    assert done.code == 2
    assert says in done.err
    assert "Traceback" not in done.err


def test_a_fork(tmp_path: Path) -> None:
    first = [Text(fenced("1 / 0")), Text(verdict(False)), Text(fenced("x = 1"))]
    second = [Text(fenced("y = 2")), Text(verdict(True))]
    with GeminiServer([*first, Text(verdict(True)), *second, *second]) as server:
        command = Command(tmp_path / "work", server)
        run = command("run", "Make x", "--json").json
        thread = run["thread_id"]
        args = ("fork", thread, "--attempt", "1", "--request", "Make y")
        done = command(*args, "--model", "gemini-2.5-flash", "--out", "out", "--json")
        assert done.code == 0, done.err
        assert done.json["variables"]["y"]["value"] == 2
        assert [one["number"] for one in done.json["attempts"]] == [1, 2]
        assert "gemini-2.5-flash:" in server.requests[4].path
        assert "at what it was before: Make x" in server.requests[4].prompt
        assert command("show", thread, "--json").json["transcript"] == run["transcript"]
        listed = {one["thread_id"]: one for one in command("threads", "--json").json["threads"]}
        assert listed[done.json["thread_id"]]["forked_from"] == f"{thread}, attempt 1"
        assert listed[thread]["forked_from"] == ""
        assert thread in command("threads", COLUMNS="200").out
        over = command("fork", thread, "--attempt", "9")
        assert over.code == 2
        assert "has 2 attempt(s)" in over.err
