"""The whole loop with Gemini's real client, over a real socket."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from graph_agent import AgentWorkflow, CodeGenerationRequest, create_client
from graph_agent.errors import ModelAnswerError, ModelRequestError
from graph_agent.samples import load_tips
from tests.gemini_server import Blocked, Failure, GeminiServer, Reply, Text
from tests.one_container import OneContainer
from tests.scripted_model import fenced, verdict


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


def workflow(server: GeminiServer, sandbox: OneContainer, **options: Any) -> AgentWorkflow:
    client = create_client("gemini-2.5-pro", api_key="not-a-key", base_url=server.url, timeout_s=20)
    request = CodeGenerationRequest("How many rows are there?", {"tips": load_tips()})
    return AgentWorkflow(request, client, sandbox=sandbox, **options)


def test_code_is_written_run_and_judged(sandbox: OneContainer) -> None:
    replies = [Text(fenced("rows = len(tips)")), Text(verdict(True, why="244 rows."))]
    with GeminiServer(replies) as server:
        result = workflow(server, sandbox).run_sync()
    assert result.success
    assert result.variables["rows"] == 244
    assert result.explanation == "244 rows."
    assert [usage.calls for usage in result.usage.values()] == [1, 1]
    assert result.usage["generate"].input_tokens == 11
    generate, analyze = server.requests
    assert "244" in generate.prompt
    assert "total_bill" in generate.prompt
    # The judgement is asked for by schema, so that it comes as JSON.
    assert "should_retry" in json.dumps(analyze.json["generationConfig"])


def test_a_busy_provider_is_asked_again_once_by_one_layer(sandbox: OneContainer) -> None:
    replies: list[Reply] = [
        Failure(503),
        Text(fenced("rows = len(tips)")),
        Failure(429),
        Text(verdict(True)),
    ]
    with GeminiServer(replies) as server:
        result = workflow(server, sandbox).run_sync()
    assert result.success
    assert len(server.requests) == 4
    assert len(result.attempts) == 1


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (Failure(400, "API key not valid"), ModelRequestError, "400|key"),
        (Blocked("SAFETY"), ModelAnswerError, "blocked|SAFETY"),
    ],
)
def test_a_refusal_ends_the_run_and_can_be_resumed(
    sandbox: OneContainer, reply: Reply, error: type[Exception], says: str
) -> None:
    with GeminiServer([reply]) as server:
        first = workflow(server, sandbox, thread_id="refused")
        with pytest.raises(error, match=says) as raised:
            first.run_sync()
    assert "not-a-key" not in str(raised.value)
    assert len(server.requests) == 1
    with GeminiServer([Text(fenced("rows = len(tips)")), Text(verdict(True))]) as server:
        client = create_client("gemini-2.5-pro", api_key="k", base_url=server.url)
        result = AgentWorkflow.resume("refused", client, sandbox=sandbox).run_sync()
    assert result.success
    assert [attempt.number for attempt in result.attempts] == [1]


def test_a_truncated_answer_is_an_attempt_that_is_told(sandbox: OneContainer) -> None:
    replies = [
        Text("```python\nrows = len(", finish_reason="MAX_TOKENS"),
        Text(fenced("rows = len(tips)")),
        Text(verdict(True)),
    ]
    with GeminiServer(replies) as server:
        result = workflow(server, sandbox).run_sync()
    assert result.success
    assert [attempt.problem is None for attempt in result.attempts] == [False, True]
    assert "was not run" in server.requests[1].prompt


def test_the_figure_that_was_drawn_is_judged_by_sight(sandbox: OneContainer) -> None:
    draw = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(20, 10), facecolor="red")
plt.plot([1, 2])
plt.show()"""
    with GeminiServer([Text(fenced(draw)), Text(verdict(True, why="It is red."))]) as server:
        result = workflow(server, sandbox).run_sync()
    assert result.success
    generate, analyze = server.requests
    assert generate.pictures == []
    [(mime, data)] = analyze.pictures
    with Image.open(io.BytesIO(data), formats=("PNG",)) as seen:
        assert (mime, seen.width) == ("image/png", 768)
        assert seen.getpixel((1, 1)) == (255, 0, 0)
    # What the state and the transcript keep is the figure itself, not what was shown of it.
    assert result.figures[0].width > 768
    assert "iVBOR" not in json.dumps(result.output)
