"""Records read from answers, held to a schema by the provider or found in the text."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel, Field

from graph_agent.errors import ModelAnswerError, ModelRequestError, ModelTransientError
from graph_agent.models import create_client
from graph_agent.models.replies import json_objects
from tests.gemini_server import Failure, GeminiServer, Text
from tests.model_calls import acall_for_json, call_for_json

MESSAGES = [HumanMessage("Judge this")]
GOOD = '{"success": true, "plan": "none"}'


class Verdict(BaseModel):
    success: bool
    plan: str = ""


def gemini(server: GeminiServer) -> BaseChatModel:
    key = "AIzaSyTestKeyTestKeyTestKeyTestKey0123"
    return create_client("gemini-2.5-flash", api_key=key, base_url=server.url)


@pytest.mark.parametrize("is_async", [False, True])
def test_provider_is_given_the_schema(is_async: bool) -> None:
    with GeminiServer([Text(GOOD, input_tokens=5, output_tokens=3)]) as server:
        client = gemini(server)
        if is_async:
            verdict, reply = asyncio.run(acall_for_json(client, MESSAGES, Verdict, tag="analyze"))
        else:
            verdict, reply = call_for_json(client, MESSAGES, Verdict, tag="analyze")
    assert verdict == Verdict(success=True, plan="none")
    assert (reply.input_tokens, reply.output_tokens) == (5, 3)
    [request] = server.requests
    assert "success" in json.dumps(request.json["generationConfig"]["responseJsonSchema"])


def test_model_that_takes_no_schema_is_asked_without_one() -> None:
    refusal = Failure(400, "response schema is not supported by this model")
    with GeminiServer([refusal, Text(f"Here it is: {GOOD}")]) as server:
        verdict, _ = call_for_json(gemini(server), MESSAGES, Verdict, tag="analyze")
    assert verdict.success
    assert ["responseJsonSchema" in r.json["generationConfig"] for r in server.requests] == [
        True,
        False,
    ]


def test_bad_key_is_not_asked_again() -> None:
    with (
        GeminiServer([Failure(400, "API key not valid")]) as server,
        pytest.raises(ModelRequestError),
    ):
        call_for_json(gemini(server), MESSAGES, Verdict, tag="analyze")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Text('{"success": true, "pl', "MAX_TOKENS"), "truncated"),
        (Text('{"success": tr'), "malformed"),
        (Text('{"plan": "no verdict"}'), "malformed"),
        (Text(""), "empty"),
        (Text(GOOD, "SAFETY"), "blocked"),
    ],
)
def test_unusable_answer_is_named(reply: Text, kind: str) -> None:
    with GeminiServer([reply]) as server, pytest.raises(ModelAnswerError) as caught:
        call_for_json(gemini(server), MESSAGES, Verdict, tag="analyze")
    assert caught.value.kind == kind
    assert (caught.value.input_tokens, caught.value.output_tokens) == (11, 7)


def test_busy_provider_is_transient() -> None:
    with GeminiServer([Failure(503)]) as server, pytest.raises(ModelTransientError):
        call_for_json(gemini(server), MESSAGES, Verdict, tag="analyze")


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"I think so.\n```\n{GOOD}\n```\nAnything else?",
        f"The form was {{success: …}}; mine is {GOOD}.",
        f'Example: {{"success": false}}. My answer: {GOOD}',
        f'<think>{{"success": false}}</think>{GOOD}',
        '{"success": true, "plan": "none", "extra": {"a": [1, {}]}}',
        f"{GOOD} and {{}} to end with",
    ],
)
def test_object_is_found_in_text(text: str) -> None:
    client = FakeListChatModel(responses=[text])
    verdict, reply = call_for_json(client, MESSAGES, Verdict, tag="analyze")
    assert verdict == Verdict(success=True, plan="none")
    assert reply.text == text


@pytest.mark.parametrize("text", ["no", "{", "{" * 10_000, '["success"]', '{"success": "maybe"}'])
def test_text_without_the_record_is_malformed(text: str) -> None:
    with pytest.raises(ModelAnswerError, match="Verdict") as caught:
        call_for_json(FakeListChatModel(responses=[text]), MESSAGES, Verdict, tag="analyze")
    assert caught.value.kind == "malformed"


def test_problem_is_named_without_quoting_the_answer() -> None:
    client = FakeListChatModel(responses=['{"success": "the user\'s own data"}'])
    with pytest.raises(ModelAnswerError, match="success: ") as caught:
        call_for_json(client, MESSAGES, Verdict, tag="analyze")
    assert "own data" not in str(caught.value)


def test_line_ends_within_strings_are_read() -> None:
    found: list[dict[str, Any]] = list(json_objects('{"plan": "one\ntwo"}'))
    assert found == [{"plan": "one\ntwo"}]


class ToolCalling(FakeListChatModel):
    """Is held to a schema by a tool call, as some providers do: its message has no text."""

    profile: Any = Field(default_factory=lambda: {"structured_output": True})

    def with_structured_output(self, schema: Any, **_: Any) -> Any:
        usage = UsageMetadata(input_tokens=5, output_tokens=3, total_tokens=8)
        raw = AIMessage("", usage_metadata=usage)
        return RunnableLambda(lambda _: {"raw": raw, "parsed": schema(success=True)})


def test_record_from_a_tool_call_keeps_its_tokens() -> None:
    verdict, reply = call_for_json(ToolCalling(responses=[]), MESSAGES, Verdict, tag="analyze")
    assert verdict.success
    assert (reply.input_tokens, reply.output_tokens) == (5, 3)
