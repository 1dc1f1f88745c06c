"""A model's server that hangs, drips, cuts, floods or answers something else.

The run ends with an error in bounded time and memory, no attempt is spent, and a resumed run
continues where it was, without paying twice.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest, create_client
from graph_agent.errors import ModelError, ModelRequestError, ModelTransientError
from graph_agent.graph import RETRY
from tests.faults.model_faults import CUT, FLOODS, GARBAGE, SLOW, redirect
from tests.gemini_server import GeminiServer, Reply, Text
from tests.one_container import OneContainer
from tests.scripted_model import fenced, verdict

pytestmark = [pytest.mark.docker]
LIMIT_S = 1.0
ATTEMPTS = 2
ENOUGH_S = 30.0
"""For two calls of a second each, on a busy machine."""
ENOUGH_BYTES = 150 << 20
CODE = Text(fenced("answer = n + 1"))
YES = Text(verdict(True))
ALL = {**SLOW, **CUT, **FLOODS, **GARBAGE}
ONCE = ["sends 200 MB", "sends without end", "sends a gzip bomb", "says that it is zipped"]
"""The server would send the same again."""
ODD = ["answers deep JSON", "answers another object"]
"""Clients fail in ways of their own."""
STREAMED = ["drips a stream", "cuts a chunk", "sends without end", "sends a gzip bomb"]


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = RETRY._replace(initial_interval=0.01, max_attempts=ATTEMPTS)
    monkeypatch.setattr("graph_agent.graph.RETRY", hasty)


def client_of(server: GeminiServer, timeout_s: float = 20.0) -> Any:
    return create_client("gemini-2.5-pro", api_key="k", base_url=server.url, timeout_s=timeout_s)


def plainly(run: AgentWorkflow) -> None:
    run.run_sync()


def asynchronously(run: AgentWorkflow) -> None:
    asyncio.run(run.run())


def streaming(run: AgentWorkflow) -> None:
    for _ in run.stream(tokens=True):
        pass


def peak_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    assert found is not None
    return int(found[1]) << 10


def forget_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def fails(
    replies: list[Reply], sandbox: OneContainer, run: Callable[[AgentWorkflow], None]
) -> tuple[ModelError, int]:
    """Run into a fault; return the error and how often the server was asked."""
    request = CodeGenerationRequest("Add one", {"n": 1})
    with GeminiServer(replies) as server:
        workflow = AgentWorkflow(
            request, client_of(server, LIMIT_S), sandbox=sandbox, thread_id="t"
        )
        before_bytes, started = forget_peak(), time.monotonic()
        with pytest.raises(ModelError) as raised:
            run(workflow)
        took_s = time.monotonic() - started
    assert took_s < ENOUGH_S
    assert peak_bytes() - before_bytes < ENOUGH_BYTES
    return raised.value, len(server.requests)


def assert_resumes(replies: list[Reply], sandbox: OneContainer) -> None:
    with GeminiServer(replies) as server:
        result = AgentWorkflow.resume("t", client_of(server), sandbox=sandbox).run_sync()
    assert result.success
    assert result.variables["answer"] == 2
    assert [attempt.number for attempt in result.attempts] == [1]
    assert [usage.calls for usage in result.usage.values()] == [1, 1]
    assert len(server.requests) == len(replies)


@pytest.mark.parametrize("fault", ALL)
def test_no_attempt_is_spent(fault: str, sandbox: OneContainer) -> None:
    error, calls = fails([ALL[fault]], sandbox, plainly)
    assert "gemini-2.5-pro" in str(error)
    if fault not in ODD:
        assert calls == (1 if fault in ONCE else ATTEMPTS)
        assert type(error) is (ModelRequestError if fault in ONCE else ModelTransientError)
    assert_resumes([CODE, YES], sandbox)


@pytest.mark.parametrize("fault", ["drips its headers", *STREAMED, "answers as a proxy"])
@pytest.mark.parametrize("run", [asynchronously, streaming])
def test_the_answer_before_it_is_kept(
    fault: str, run: Callable[[AgentWorkflow], None], sandbox: OneContainer
) -> None:
    fails([CODE, ALL[fault]], sandbox, run)
    assert_resumes([YES], sandbox)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_neither_key_nor_prompt_follows_a_redirect(status: int, sandbox: OneContainer) -> None:
    with GeminiServer([CODE, YES]) as other:
        run = asynchronously if status == 308 else plainly
        error, calls = fails([redirect(status, f"{other.url}/secret")], sandbox, run)
    assert other.requests == []
    assert calls == 1
    assert "redirects to http://127.0.0.1" in str(error)
    assert "secret" not in str(error)
    assert_resumes([CODE, YES], sandbox)
