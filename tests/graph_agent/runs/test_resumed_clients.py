"""A resumed run gets the model back that its client was made for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest, ThreadError, create_client
from graph_agent.config.settings import Settings
from graph_agent.errors import ModelSetupError
from graph_agent.models import KEY_VARIABLES, LLMModels, spec_of
from graph_agent.runs.setup import restored_client, setup_of
from tests.gemini_server import GeminiServer, Text
from tests.one_container import OneContainer
from tests.scripted_model import ScriptedModel, fenced, verdict

KEY = "AIzaSyTestKeyTestKeyTestKeyTestKey0123"
REPLIES = [Text(fenced("rows = 2 + 2")), Text(verdict(True))]


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gemini's address and key, as the environment gives them."""
    with GeminiServer(REPLIES) as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        monkeypatch.setenv(KEY_VARIABLES[0], KEY)
        yield server


@pytest.mark.docker
@pytest.mark.parametrize(
    "client",
    [create_client, lambda: create_client(LLMModels.GEMINI25_PRO, temperature=0.5),
     lambda: LLMModels.GEMINI25_PRO, lambda: "google_genai:gemini-2.5-pro", lambda: None],
    ids=["default", "options", "member", "provider", "none"],
)  # fmt: skip
def test_the_readmes_resume(server: GeminiServer, sandbox: OneContainer, client: Any) -> None:
    request = CodeGenerationRequest("How many?", approve="always")
    result = AgentWorkflow(request, client=client(), sandbox=sandbox).run_sync()
    assert result.waiting_for is not None
    resumed = AgentWorkflow.resume(result.thread_id, answer="approve", sandbox=sandbox)
    solved = resumed.run_sync()
    assert solved.success
    assert solved.variables["rows"] == 4
    assert len(server.requests) == 2
    assert server.requests[0].path.split(":")[0] == server.requests[1].path.split(":")[0]
    assert KEY not in json.dumps(solved.output)


@pytest.mark.docker
def test_a_fork_has_its_runs_client(server: GeminiServer, sandbox: OneContainer) -> None:
    request = CodeGenerationRequest("How many?")
    first = AgentWorkflow(request, create_client("gemini-2.5-flash"), sandbox=sandbox).run_sync()
    server.requests.clear()
    AgentWorkflow.fork(first.thread_id, request_text="How many now?", sandbox=sandbox).run_sync()
    assert all("gemini-2.5-flash:" in request.path for request in server.requests)
    assert server.requests


def test_options_come_back_with_the_client(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLES[0], KEY)
    made = create_client("gemini-2.5-pro", temperature=0.5, timeout_s=9)
    setup = json.loads(json.dumps(setup_of(made, settings, {})))
    again: Any = restored_client(None, setup, "t")
    assert (again.temperature, again.timeout) == (0.5, 9)
    assert spec_of(again) == spec_of(made)


def test_a_key_that_was_given_is_asked_for(settings: Settings) -> None:
    setup = setup_of(create_client("gemini-2.5-pro", api_key=KEY, temperature=0.5), settings, {})
    assert KEY not in json.dumps(setup)
    with pytest.raises(ModelSetupError, match=KEY_VARIABLES[0]):
        restored_client(None, setup, "t")


def test_an_address_is_not_stored_and_asked_for(settings: Settings) -> None:
    address = "http://user:secret@127.0.0.1:9/v1"
    setup = setup_of(create_client("openai:gpt-5", api_key="k", base_url=address), settings, {})
    assert "secret" not in json.dumps(setup)
    with pytest.raises(ThreadError, match=r"create_client\('openai:gpt-5', base_url=\.\.\.\)"):
        restored_client(None, setup, "t")
    other = ScriptedModel()
    assert restored_client(other, setup, "t") is other
