"""Typed events as they happen, and LangGraph's own stream."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest, build_graph, create_client
from graph_agent.records import Approve
from graph_agent.request import default_store
from graph_agent.runs.events import (
    Analyzed,
    CodeToken,
    Decided,
    Drawn,
    Event,
    Executed,
    Finished,
    Generated,
    Printed,
    Started,
    Waiting,
)
from tests.gemini_server import GeminiServer, Text
from tests.one_container import OneContainer
from tests.scripted_model import fenced, verdict

SLEEP_S = 1.5
CODE = f"""\
import time
import matplotlib.pyplot as plt
print("before", flush=True)
time.sleep({SLEEP_S})
print("after", flush=True)
plt.plot([1, 2])
x = 1
"""
PIECES = [fenced(CODE)[start : start + 40] for start in range(0, len(fenced(CODE)), 40)]
REPLIES = [Text(fenced(CODE), chunks=PIECES), Text(verdict(True))]


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


def client_of(server: GeminiServer) -> Any:
    return create_client("gemini-2.5-pro", api_key="k", base_url=server.url, timeout_s=20)


def events_of(
    sandbox: OneContainer, approve: Approve = "never"
) -> tuple[list[Event], list[float], GeminiServer]:
    request = CodeGenerationRequest("Draw it", approve=approve)
    with GeminiServer(REPLIES) as server:
        workflow = AgentWorkflow(request, client_of(server), sandbox=sandbox, thread_id="t")
        timed = [(event, time.monotonic()) for event in workflow.stream()]
    return [event for event, _ in timed], [at for _, at in timed], server


def kinds(events: Sequence[Event]) -> list[str]:
    """Name the kinds of events in order, without repetitions."""
    names = [type(event).__name__ for event in events]
    return [name for name, before in zip(names, ["", *names], strict=False) if name != before]


def test_events_in_order(sandbox: OneContainer) -> None:
    events, times, server = events_of(sandbox)
    whole = [Started, CodeToken, Generated, Printed, Executed, Drawn, Analyzed, Decided, Finished]
    assert kinds(events) == [kind.__name__ for kind in whole]
    assert server.requests[0].streamed
    tokens = [event.text for event in events if isinstance(event, CodeToken)]
    assert len(tokens) == len(PIECES)
    assert "".join(tokens) == fenced(CODE)
    (generated,) = [event for event in events if isinstance(event, Generated)]
    assert generated.code == CODE.rstrip()
    printed = [event for event in events if isinstance(event, Printed)]
    assert "".join(event.text for event in printed) == "before\nafter\n"
    # Output arrives when it is printed: the code sleeps between the two lines.
    at = [when for event, when in zip(events, times, strict=True) if isinstance(event, Printed)]
    assert at[-1] - at[0] > SLEEP_S / 2
    (drawn,) = [event for event in events if isinstance(event, Drawn)]
    assert (drawn.number, drawn.figure.data[:4]) == (1, b"\x89PNG")


def test_events_of_a_run_that_waits(sandbox: OneContainer) -> None:
    events, _, _ = events_of(sandbox, "always")
    assert kinds(events) == ["Started", "CodeToken", "Generated", "Waiting", "Finished"]
    waiting, finished = events[-2:]
    assert isinstance(waiting, Waiting)
    assert isinstance(finished, Finished)
    assert finished.result.waiting_for == waiting.approval


async def test_events_without_blocking(sandbox: OneContainer) -> None:
    with GeminiServer(REPLIES) as server:
        request = CodeGenerationRequest("Draw it")
        workflow = AgentWorkflow(request, client_of(server), sandbox=sandbox)
        events = [event async for event in workflow.astream()]
    assert "CodeToken" in kinds(events)
    assert kinds(events)[-1] == "Finished"


def test_langgraphs_own_modes(sandbox: OneContainer) -> None:
    modes = ["messages", "custom", "updates", "values"]
    with GeminiServer(REPLIES) as server:
        graph = build_graph(client_of(server), sandbox=sandbox)
        input_ = CodeGenerationRequest("Draw it").to_input(default_store())
        seen = list(graph.stream(input_, stream_mode=modes))  # type: ignore[arg-type]  # names
    by_mode: dict[str, list[Any]] = {mode: [] for mode in modes}
    for mode, chunk in seen:
        by_mode[str(mode)].append(chunk)
    written = [
        message.text for message, about in by_mode["messages"] if "generate" in about["tags"]
    ]
    assert "".join(written) == fenced(CODE)
    assert len([text for text in written if text]) == len(PIECES)
    output = [chunk for chunk in by_mode["custom"] if chunk["event"] == "output"]
    assert "".join(chunk["text"] for chunk in output) == "before\nafter\n"
    assert {chunk["stream"] for chunk in output} == {"stdout"}
    nodes = [name for update in by_mode["updates"] for name in update]
    assert nodes == ["generate", "execute", "analyze", "decide"]
    figures = by_mode["values"][-1]["attempts"][0]["execution"]["figures"]
    assert figures[0]["mime"] == "image/png"
