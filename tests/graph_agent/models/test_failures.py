"""Failures of other providers' clients, and of custom ones."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.errors import GraphInterrupt

from graph_agent.errors import (
    ModelAnswerError,
    ModelError,
    ModelRequestError,
    ModelSetupError,
    ModelTransientError,
)
from graph_agent.models import create_client, is_transient
from sandbox.errors import EngineUnreachableError
from tests.model_calls import call_model

MESSAGES = [HumanMessage("hello")]
KEY = "sk-test-0123456789abcdefghij"


class Custom(BaseChatModel):
    """A model of the user's own: raises or answers as asked."""

    outcome: Any

    @property
    def _llm_type(self) -> str:
        return "custom"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return ChatResult(generations=[ChatGeneration(message=self.outcome)])


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def status_error(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "http://model")
    return httpx.HTTPStatusError("no", request=request, response=httpx.Response(status))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpx.ConnectError("refused"), ModelTransientError),
        (httpx.ReadTimeout("slow"), ModelTransientError),
        (httpx.RemoteProtocolError("dropped"), ModelTransientError),
        (httpx.UnsupportedProtocol("htp://"), ModelRequestError),
        (httpx.InvalidURL("no host"), ModelRequestError),
        (status_error(503), ModelTransientError),
        (status_error(429), ModelTransientError),
        (status_error(404), ModelRequestError),
        (status_error(501), ModelRequestError),
        (TimeoutError("slow"), ModelTransientError),
        (ConnectionResetError("reset"), ModelTransientError),
        (caused(RuntimeError("wrapped"), httpx.ConnectError("x")), ModelTransientError),
        (caused(httpx.ConnectError("tls"), ssl.SSLCertVerificationError()), ModelRequestError),
        (json.JSONDecodeError("no", "x", 0), ModelTransientError),
        (TypeError("a slip in the client"), ModelRequestError),
        (ValueError("503 is only a number in a text"), ModelRequestError),
    ],
    ids=repr,
)
def test_exception_becomes_ours(raised: Exception, expected: type[ModelError]) -> None:
    with pytest.raises(ModelError) as caught:
        call_model(Custom(outcome=raised), MESSAGES, tag="generate")
    assert type(caught.value) is expected
    assert type(raised).__name__ in str(caught.value)
    assert caught.value.__cause__ is raised
    assert is_transient(raised) is is_transient(caught.value) is (expected is ModelTransientError)


@pytest.mark.parametrize(
    "raised", [ModelSetupError("no weights"), GraphInterrupt(), KeyboardInterrupt()], ids=repr
)
def test_other_errors_pass_unchanged(raised: BaseException) -> None:
    with pytest.raises(type(raised)) as caught:
        call_model(Custom(outcome=raised), MESSAGES, tag="generate")
    assert caught.value is raised


@pytest.mark.parametrize(
    "other",
    [
        ModelRequestError("bad key"),
        ModelAnswerError("empty", "empty"),
        EngineUnreachableError("no docker"),
        GraphInterrupt(),
        ValueError("no"),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_nothing_else_is_worth_repeating(other: BaseException) -> None:
    assert not is_transient(other)


def test_other_providers_words_for_a_cut_answer() -> None:
    for metadata in ({"finish_reason": "length"}, {"stop_reason": "max_tokens"}):
        message = AIMessage("x = ", response_metadata=metadata)
        with pytest.raises(ModelAnswerError) as caught:
            call_model(Custom(outcome=message), MESSAGES, tag="generate")
        assert caught.value.kind == "truncated"


def test_long_message_is_cut() -> None:
    with pytest.raises(ModelRequestError) as caught:
        call_model(Custom(outcome=ValueError("x" * 100_000)), MESSAGES, tag="generate")
    assert len(str(caught.value)) < 1_000


class OpenAIHandler(BaseHTTPRequestHandler):
    """Answers with the status the model's name ends in."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = int(body["model"].rpartition("-")[2])
        error = {"message": f"Incorrect API key provided: {KEY}", "type": "x", "code": None}
        data = b"not json" if status == 200 else json.dumps({"error": error}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def openai_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with HTTPServer(("127.0.0.1", 0), OpenAIHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, ModelRequestError),
        (401, ModelRequestError),
        (404, ModelRequestError),
        (429, ModelTransientError),
        (503, ModelTransientError),
        (200, ModelTransientError),
    ],
)
def test_openai_client_is_translated_too(
    openai_url: str, status: int, expected: type[ModelError]
) -> None:
    client = create_client(f"openai:model-{status}", base_url=openai_url)
    with pytest.raises(ModelError) as caught:
        call_model(client, MESSAGES, tag="generate")
    assert type(caught.value) is expected
    assert KEY not in str(caught.value)


def test_openai_connection_refused_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    client = create_client("openai:model", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ModelTransientError):
        call_model(client, MESSAGES, tag="generate")
