"""A provider that asks to wait, over a real socket: what each front end shows, and the wait."""

from __future__ import annotations

import itertools
import re
import threading
import time
from pathlib import Path

import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest, Retrying, create_client
from graph_agent.progress.page import live_html, status_text
from graph_agent.progress.picture import Picture
from graph_agent.runs.events import Event
from sandbox import DockerSandbox
from tests.docs.terminal_picture import screen
from tests.gemini_server import Failure, GeminiServer, Reply, Text
from tests.graph_agent.cli.command import Command
from tests.graph_agent.cli.terminal import Terminal
from tests.scripted_model import fenced, verdict

ASKED_S = 3
REPLIES: list[Reply] = [
    Failure(429, "Resource has been exhausted", ASKED_S),
    Text(fenced("rows = 244")),
    Failure(503, "The model is overloaded"),
    Text(verdict(True)),
]
LIMITED = r"rate limited by 'gemini-[\w.-]+'; trying again in \d s"
OVERLOADED = r"'gemini-[\w.-]+' is overloaded \(503\); trying again in \d s"


def workflow(server: GeminiServer, sandbox: DockerSandbox) -> AgentWorkflow:
    client = create_client("gemini-2.5-pro", api_key="not-a-key", base_url=server.url, timeout_s=20)
    return AgentWorkflow(CodeGenerationRequest("How many rows?"), client, sandbox=sandbox)


def test_events_pages_and_the_wait(sandbox: DockerSandbox) -> None:
    picture, steps, events = Picture(), list[str](), list[tuple[float, Event]]()
    with GeminiServer(REPLIES) as server:
        for event in workflow(server, sandbox).stream():
            events.append((time.monotonic(), event))
            picture.add(event)
            steps.append(f"{status_text(picture)}\n{live_html(picture)}")
    found = [(n, event) for n, (_, event) in enumerate(events) if isinstance(event, Retrying)]
    assert len(found) == 2
    (first, limited), (second, overloaded) = found
    assert "rate limited" in limited.reason
    assert ASKED_S <= limited.wait_s <= ASKED_S + 0.5
    assert events[first + 1][0] - events[first][0] >= ASKED_S - 0.1
    assert "overloaded (503)" in overloaded.reason
    assert overloaded.wait_s <= 1.5
    assert re.search(LIMITED, steps[first].replace("&#x27;", "'"))
    assert "trying again" not in steps[first + 1]
    assert "trying again" not in steps[second + 1]
    assert len(server.requests) == 4


async def test_nothing_else_waits_meanwhile(sandbox: DockerSandbox) -> None:
    import asyncio

    ticks = itertools.count()

    async def tick() -> None:
        while True:
            next(ticks)
            await asyncio.sleep(0.05)

    with GeminiServer(REPLIES) as server:
        ticking = asyncio.create_task(tick())
        events = [event async for event in workflow(server, sandbox).astream()]
        ticking.cancel()
    assert sum(isinstance(event, Retrying) for event in events) == 2
    assert next(ticks) > ASKED_S / 0.05 / 4


def test_a_run_that_waits_can_be_left(sandbox: DockerSandbox) -> None:
    with GeminiServer([Failure(429, "later", 50)]) as server:
        run = workflow(server, sandbox)
        events = run.stream()
        assert isinstance(next(event for event in events if isinstance(event, Retrying)), Retrying)
        threading.Timer(0.2, run.stop).start()
        before = time.monotonic()
        with pytest.raises(Exception, match=r"(?i)stop"):
            list(events)
        assert time.monotonic() - before < 10


@pytest.mark.parametrize("columns", ["60", "100"])
def test_a_terminal_shows_it(columns: str, tmp_path: Path) -> None:
    environ = {"COLUMNS": columns, "TERM": "xterm-256color", "NO_COLOR": "1"}
    with GeminiServer(REPLIES) as server:
        command = Command(tmp_path / "work", server)
        with Terminal(command, "run", "How many rows?", "--out", "out", **environ) as terminal:
            assert terminal.ended() == 0, terminal.shown
    left = " ".join(screen(terminal.shown.replace("\r\n", "\n")).split())
    assert len(re.findall(LIMITED, left)) == 1
    assert len(re.findall(OVERLOADED, left)) == 1
    assert "waiting" not in left  # what moved is gone


def test_a_pipe_gets_a_line_each(tmp_path: Path) -> None:
    with GeminiServer(REPLIES) as server:
        done = Command(tmp_path / "work", server).here("run", "How many rows?", "--out", "out")
    assert done.code == 0, done.err
    assert len(re.findall(LIMITED, done.err)) == 1
    assert len(re.findall(OVERLOADED, done.err)) == 1
