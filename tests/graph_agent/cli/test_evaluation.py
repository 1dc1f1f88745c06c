"""``codegen-agent eval``."""

from __future__ import annotations

import json
from pathlib import Path

from tests.gemini_server import Failure, GeminiServer, Text
from tests.graph_agent.cli.command import Command
from tests.graph_agent.evaluation.suites.test_databench import PROGRAMS, folder_in
from tests.scripted_model import fenced, verdict


def test_a_suite_and_a_comparison(tmp_path: Path) -> None:
    half = str(folder_in(tmp_path / "half", kinds=2))
    yes = Text(verdict(True))
    replies = [reply for program in PROGRAMS[:2] for reply in (Text(fenced(program)), yes)]
    with GeminiServer(replies) as server:
        command = Command(tmp_path / "work", server)
        done = command.here("eval", "databench", half, "--out", "first")
    assert done.code == 0, done.err
    assert "| right | 2 of 2 | 100.0 % |" in done.out
    assert "report.html" in done.out
    with GeminiServer([Text(fenced("answer = 2.0")), yes]) as server:
        command.server = server
        shown = command.here("eval", half, "--limit", "1", "--seed", "3", "--out", "b", "--json")
        asked = len(server.requests)
    assert (shown.code, shown.json["questions"]) == (0, 1), shown.err
    assert asked >= 2
    compared = command.here("eval", "compare", "first", "b", "--json").json
    assert compared["questions"] == 1
    table = command.here("eval", "compare", "first", "b").out
    assert "| right |" in table
    again = command.here("eval", half, "--resume", "--out", "first", "--json")
    assert (
        again.json["right"]
        == json.loads((command.folder / "first/report.json").read_text())["right"]
    )


def test_bad_input(command: Command) -> None:
    for args, said in [
        (("eval", "nowhere"), "no suite 'nowhere'"),
        (("eval", "compare", "a", "b"), "has no evaluation"),
        (("eval", "nowhere", "--resume"), "--out"),
        (("eval", "nowhere", "--limit", "0"), "--limit"),
    ]:
        done = command.here(*args)
        assert done.code == 2, done.err
        assert said in done.err


def test_help_names_both_ways(command: Command) -> None:
    shown = command.here("eval", "--help").out
    assert "eval SUITE" in shown
    assert "compare" in shown


def test_a_broken_off_evaluation_says_how_to_continue(tmp_path: Path) -> None:
    half = str(folder_in(tmp_path / "half"))
    with GeminiServer([Failure(403)]) as server:
        command = Command(tmp_path / "work", server)
        done = command.here("eval", half, "--out", "x")
    assert done.code == 3, done.err
    assert "--resume --out x" in done.err


def test_without_a_key_nothing_is_started(command: Command) -> None:
    half = str(folder_in(command.folder / "half"))
    done = command.here("eval", half, "--model", "gemini-2.5-flash", "--out", "x")
    assert done.code == 3
    assert "--resume" not in done.err
    assert not (command.folder / "x" / "setup.json").exists()
