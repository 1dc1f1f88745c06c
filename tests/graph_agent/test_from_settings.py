"""The client and the limits that settings make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph_agent import build_graph
from graph_agent.config.settings import Settings, load_settings
from graph_agent.errors import ModelSetupError, ModelUnknownError, RequestError
from graph_agent.from_settings import (
    check_client,
    client_from,
    client_maker,
    policy_from,
    with_run_limits,
)
from graph_agent.models.local.prompt_states import PromptStates
from graph_agent.runs.setup import setup_of
from sandbox import PolicyError
from tests.scripted_model import ScriptedModel


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGEN_AGENT_TIMEOUT_S", "7")
    monkeypatch.setenv("CODEGEN_AGENT_MEMORY", "512m")
    policy = policy_from(load_settings())
    assert (policy.timeout_s, policy.memory) == (7, "512m")


def test_limits_of_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGEN_AGENT_ALLOW_PACKAGES", "emoji Faker>=20")
    settings = load_settings()
    assert policy_from(settings).allow_packages == ("emoji", "Faker>=20")
    policy = policy_from(with_run_limits(settings, ["roman"], 7, "512m"))
    assert (policy.timeout_s, policy.memory) == (7, "512m")
    assert policy.allow_packages == ("emoji", "Faker>=20", "roman")
    assert with_run_limits(settings) == settings
    for bad in ({"timeout_s": -1.0}, {"memory": "much"}, {"allow_packages": ["a @ file:///x"]}):
        with pytest.raises(PolicyError):
            with_run_limits(settings, **bad)  # type: ignore[arg-type]  # each has its type


@pytest.mark.parametrize(
    ("client", "error"),
    [("gtp", ModelUnknownError), (5, RequestError), (ScriptedModel, RequestError)],
)
def test_an_unusable_client_is_refused_before_anything_is_made(
    client: Any, error: type[Exception]
) -> None:
    for refuse in (check_client, build_graph):
        with pytest.raises(error):
            refuse(client)


def test_a_usable_client_is_not_refused() -> None:
    for client in (None, "local", "openai:gpt-5", ScriptedModel()):
        check_client(client)


def test_a_graphs_own_client_is_used_unless_a_name_is_given(settings: Settings) -> None:
    own: Any = ScriptedModel()
    make = client_maker(own, settings)
    assert make(None) is own
    with pytest.raises(ModelUnknownError, match="no-such-model"):
        make("no-such-model")


def test_a_client_is_made_once(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("GEMINI_API_KEY_FOR_CODEGEN_AGENT", "not-a-key")
    make = client_maker("gemini-2.5-flash", load_settings())
    assert make(None) is make(None)
    assert make("gemini-2.5-pro") is not make(None)


def test_a_missing_key_is_named(settings: Settings) -> None:
    with pytest.raises(ModelSetupError, match="GEMINI_API_KEY_FOR_CODEGEN_AGENT"):
        client_from("gemini-2.5-flash", settings)


def test_a_request_cannot_choose_a_file_but_the_settings_can(
    settings: Settings, tmp_path: Path
) -> None:
    weights = tmp_path / "own.gguf"
    weights.write_bytes(b"GGUF" + bytes(100))
    name = f"local:{weights}"
    with pytest.raises(RequestError, match="can't choose a file"):
        client_maker("local", settings)(name)
    made: Any = client_maker(name, settings)(None)
    assert made.path == weights
    assert made.model_name == "local:own.gguf"
    assert made.states == PromptStates.in_cache(settings.cache_dir)
    assert setup_of(name, settings, {})["model"] == name
