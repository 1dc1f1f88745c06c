"""Names of models and what is made of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from pydantic import SecretStr

from graph_agent.errors import ModelSetupError, ModelUnknownError
from graph_agent.models import (
    DEFAULT_GEMINI,
    KEY_VARIABLES,
    LLMModels,
    create_client,
    profile_of,
)

KEY = "AIzaSyTestKeyTestKeyTestKeyTestKey0123"


def test_names_of_gemini_models_are_known_to_the_client() -> None:
    for model in LLMModels:
        if not model.is_local:
            profile = profile_of(create_client(model, api_key=KEY))
            assert (profile.name, profile.provider) == (model.value, "google_genai")
            assert profile.judges
            assert profile.structured_output
            assert not profile.worked_examples
            assert (profile.context_tokens or 0) >= 1_000_000


def test_importing_the_package_loads_no_client() -> None:
    heavy = ["langchain_google_genai", "langchain_openai", "xllamacpp", "langchain", "langgraph"]
    code = f"import sys, graph_agent.models; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_client_is_returned_as_it_is() -> None:
    client = FakeListChatModel(responses=["x"])
    assert create_client(client) is client


def test_without_a_name_a_key_means_gemini() -> None:
    for environment in ({KEY_VARIABLES[0]: KEY}, {KEY_VARIABLES[1]: KEY}):
        assert profile_of(create_client(environment=environment)).name == DEFAULT_GEMINI
    assert profile_of(create_client(api_key=SecretStr(KEY), environment={})).name == DEFAULT_GEMINI


def test_own_key_variable_comes_before_the_general_one() -> None:
    both = {KEY_VARIABLES[1]: "general-key", KEY_VARIABLES[0]: "own-key"}
    client: Any = create_client("gemini-2.5-pro", environment=both)
    assert client.google_api_key.get_secret_value() == "own-key"


def test_without_a_name_and_a_key_it_is_the_local_model(tmp_path: Path) -> None:
    with pytest.raises(ModelSetupError, match="codegen-agent model fetch"):
        create_client(environment={}, cache_dir=tmp_path)


def test_missing_key_names_the_variable() -> None:
    with pytest.raises(ModelSetupError, match="GEMINI_API_KEY_FOR_CODEGEN_AGENT"):
        create_client(LLMModels.GEMINI25_PRO, environment={})


@pytest.mark.parametrize(
    ("name", "meant"), [("gemeni-2.5-pro", "gemini-2.5-pro"), ("Locl", "local"), ("", None)]
)
def test_unknown_name_lists_what_is_possible(name: str, meant: str | None) -> None:
    with pytest.raises(ModelSetupError) as caught:
        create_client(name, api_key=KEY)
    text = str(caught.value)
    assert all(str(model) in text for model in LLMModels)
    assert (f"did you mean {meant!r}?" in text) is (meant is not None)


@pytest.mark.parametrize("name", ["google_genai:gemini-2.5-pro", "models/gemini-2.5-pro"])
def test_other_spellings_of_a_gemini_name(name: str) -> None:
    assert profile_of(create_client(name, api_key=KEY)).name == "gemini-2.5-pro"


def test_gemini_client_has_a_time_limit_and_no_retries() -> None:
    client: Any = create_client("gemini-2.5-pro", api_key=KEY, timeout_s=7)
    assert (client.timeout, client.max_retries) == (7, 1)


@pytest.mark.parametrize(
    ("name", "given", "sent"),
    [
        ("gemini-2.5-pro", None, 0.0),
        ("gemini-3.8-flash", None, None),
        ("gemini-flash-latest", None, None),
        ("gemini-3.8-flash", 0.3, 0.3),
        ("gemini-4-argon", 0.3, None),
    ],
)
def test_temperature_where_the_model_takes_it(
    name: str, given: float | None, sent: float | None
) -> None:
    client: Any = create_client(name, api_key=KEY, temperature=given)
    assert client.temperature == sent


def test_gemini_model_of_the_future_is_tried(caplog: pytest.LogCaptureFixture) -> None:
    profile = profile_of(create_client("gemini-9-ultra", api_key=KEY))
    assert (profile.name, profile.context_tokens) == ("gemini-9-ultra", None)
    assert "gemini-9-ultra" in caplog.text


def test_key_shows_nowhere_in_the_client() -> None:
    client = create_client("gemini-2.5-pro", api_key=KEY)
    assert KEY not in repr(client)
    assert KEY not in str(client)


def test_other_providers_do_not_get_the_gemini_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment-0123456789")
    environment = {KEY_VARIABLES[0]: KEY}
    client: Any = create_client("openai:gpt-5", timeout_s=9, environment=environment)
    assert client.openai_api_key.get_secret_value() == "sk-of-the-environment-0123456789"
    assert (client.request_timeout, client.max_retries) == (9, 0)
    assert profile_of(client).provider == "openai"


def test_other_providers_get_the_key_and_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    address = "http://127.0.0.1:9/v1"
    client: Any = create_client("openai:gpt-5", api_key=SecretStr("sk-mine"), base_url=address)
    assert client.openai_api_key.get_secret_value() == "sk-mine"
    assert client.openai_api_base == address


@pytest.mark.parametrize(
    ("model", "argument"),
    [
        ("local", {"api_key": "sk-1"}),
        ("local", {"base_url": "http://127.0.0.1:9"}),
        ("local-small", {"api_key": SecretStr("sk-1")}),
        ("gemini-2.5-pro", {"model_path": "x.gguf"}),
        ("google_genai:gemini-2.5-pro", {"cache_dir": "x"}),
        ("openai:gpt-5", {"model_path": Path("x.gguf")}),
        (FakeListChatModel(responses=["x"]), {"api_key": "sk-1"}),
        (FakeListChatModel(responses=["x"]), {"temperature": 0.5}),
        (FakeListChatModel(responses=["x"]), {"timeout_s": 5}),
    ],
    ids=str,
)
def test_an_argument_that_a_model_does_not_take_is_refused(model: Any, argument: Any) -> None:
    with pytest.raises(ModelSetupError, match=f"takes no {next(iter(argument))}"):
        create_client(model, **argument)


@pytest.mark.parametrize("model", ["local", "gemini-2.5-pro", "openai:gpt-5", None])
@pytest.mark.parametrize(
    "argument",
    [
        {"api_key": ""},
        {"api_key": SecretStr(" ")},
        {"api_key": 5},
        {"api_key": b"sk-1"},
        {"base_url": ""},
        {"base_url": "localhost:8000"},
        {"base_url": 8000},
        {"timeout_s": 0},
        {"timeout_s": -1},
        {"timeout_s": None},
        {"timeout_s": "60"},
        {"timeout_s": float("nan")},
        {"timeout_s": True},
        {"temperature": -1},
        {"temperature": 3},
        {"temperature": "hot"},
        {"temperature": float("nan")},
    ],
    ids=str,
)
def test_a_value_that_no_model_can_use_is_refused(model: Any, argument: Any) -> None:
    name = next(iter(argument))
    with pytest.raises(ModelSetupError, match=f"^{name} is"):
        create_client(model, **argument)


def test_none_means_that_an_argument_was_left_out() -> None:
    nothing: Any = dict.fromkeys(
        ("temperature", "api_key", "base_url", "cache_dir", "model_path", "environment")
    )
    client = FakeListChatModel(responses=["x"])
    assert create_client(client, **nothing) is client
    made: Any = create_client(
        "gemini-2.5-pro", **{**nothing, "environment": {KEY_VARIABLES[0]: KEY}}
    )
    assert made.google_api_key.get_secret_value() == KEY


def test_weights_may_be_named_by_a_text(tmp_path: Path) -> None:
    weights = tmp_path / "x.gguf"
    weights.write_bytes(b"GGUF" + bytes(100))
    client: Any = create_client("local", model_path=str(weights))
    assert client.path == weights


def test_an_unknown_argument_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="apikey"):
        create_client("local", apikey="sk-1")  # type: ignore[call-arg]  # as a user may write it


@pytest.mark.parametrize("model", [5, object(), ["gemini-2.5-pro"]])
def test_something_else_than_a_model_is_refused(model: Any) -> None:
    with pytest.raises(ModelUnknownError, match="chat model"):
        create_client(model)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("openai:gpt-5", "OPENAI_API_KEY"),
        ("mistralai:mistral-large-latest", "pip install langchain-mistralai"),
        ("nobody:model", "Supported providers"),
    ],
)
def test_provider_that_cannot_be_set_up_says_what_is_missing(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelSetupError, match=words):
        create_client(name)


def test_scripted_model_judges_and_needs_no_examples() -> None:
    profile = profile_of(FakeListChatModel(responses=["x"]))
    assert (profile.judges, profile.worked_examples, profile.structured_output) == (1, 0, 0)
    assert profile.name == "FakeListChatModel"
