"""``threads`` and ``show``, and a finished run resumed."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer, Text
from tests.graph_agent.cli.command import Command
from tests.graph_agent.cli.test_run import answer, solved_by
from tests.scripted_model import fenced, verdict

NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


def test_without_any_run(command: Command) -> None:
    done = command.here("threads")
    assert (done.code, done.err) == (0, "")
    assert "no runs" in done.out
    assert command.here("threads", "--json").json == {"threads": []}


def test_a_finished_run_is_read_without_model_or_engine(tmp_path: Path) -> None:
    with GeminiServer([Text(fenced("x = 1")), Text(verdict(True))]) as server:
        command = Command(tmp_path / "work", server)
        first = command.here("run", "Go", "--json")
        prompts = [request.prompt for request in server.requests]
    command.server = None
    thread = first.json["thread_id"]
    again = command.here("resume", thread, "--json", **NO_ENGINE)
    assert again.code == 0, again.err
    assert again.json == first.json

    shown = command.here("show", thread)
    assert (shown.code, shown.out.strip()) == (0, first.json["transcript"].strip())
    assert command.here("show", thread, "--json").json["transcript"] == first.json["transcript"]

    (listed,) = command.here("threads", "--json").json["threads"]
    assert (listed["thread_id"], listed["status"], listed["attempts"]) == (thread, "solved", 1)
    table = command.here("threads", COLUMNS="200").out
    assert thread in table
    assert "solved" in table

    page = command.here("show", thread, "--html")
    assert (page.code, page.out.startswith("<!DOCTYPE html>")) == (0, True)
    report = Path(first.json["out"], "report.html").read_text(encoding="utf-8")
    assert page.out.strip() == report.strip()
    assert "What was sent to the model" in report
    assert command.here("show", thread, "--html", "--json").code == 2

    sent = command.here("show", thread, "--sent")
    assert sent.code == 0, sent.err
    assert [call["node"] for call in command.here("show", thread, "--sent", "--json").json["sent"]]
    for prompt in prompts:
        assert all(line in sent.out for line in prompt.splitlines())


def test_nothing_was_sent_for_an_unknown_run(command: Command) -> None:
    done = command.here("show", "none", "--sent")
    assert (done.code, done.out) == (2, "")
    assert "'none'" in done.err


@pytest.mark.parametrize(
    "arguments", [("resume",), ("show",), ("show", "--sent"), ("fork", "--attempt", "0")], ids=str
)
def test_a_name_that_leads_out_of_the_state_folder(
    command: Command, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    verb, *options = arguments
    done = command.here(verb, "../../escaped", *options, **NO_ENGINE)
    assert (done.code, done.out, len(done.error_lines)) == (2, "", 1)
    assert "'../../escaped'" in done.err
    assert not list(tmp_path.rglob("*escaped*"))


def test_dates_are_local_and_whole_in_a_narrow_terminal(tmp_path: Path) -> None:
    _, done = answer(tmp_path, solved_by("x = 1"), "run", "Count all the tips of the weekend")
    assert done.code == 0, done.err
    command = Command(tmp_path / "work")
    listed = command("threads", COLUMNS="60", TZ="Asia/Tokyo").out
    (shown,) = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", listed)
    there = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Tokyo")).replace(tzinfo=None)
    age = there - datetime.datetime.fromisoformat(shown)
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=5)
    assert max(map(len, listed.splitlines())) <= 60
