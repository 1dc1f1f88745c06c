"""What a client's own data says its model can do."""

from __future__ import annotations

from pathlib import Path

from langchain_core.language_models.fake_chat_models import FakeListChatModel

from graph_agent.models import ModelProfile, create_client, profile_of
from tests.scripted_model import ScriptedModel


def test_a_known_gemini_model_sees_and_takes_a_schema() -> None:
    profile = profile_of(create_client("gemini-2.5-pro", api_key="not-a-key"))
    assert (profile.name, profile.provider) == ("gemini-2.5-pro", "google_genai")
    assert profile.sees_images
    assert profile.structured_output
    assert profile.judges
    assert profile.context_tokens is not None
    assert profile.context_tokens > 100_000


def test_a_small_local_model_does_not_judge(tmp_path: Path) -> None:
    weights = tmp_path / "any.gguf"
    weights.write_bytes(b"GGUF")
    profile = profile_of(create_client("local", model_path=weights))
    assert (profile.provider, profile.judges, profile.worked_examples) == ("local", False, True)


def test_of_an_unknown_model_little_is_assumed() -> None:
    profile = profile_of(ScriptedModel())
    assert profile == ModelProfile("ScriptedModel", profile.provider)
    assert not profile.sees_images
    assert profile.prompt_tokens is None


def test_a_window_of_no_tokens_is_an_unknown_one() -> None:
    model = FakeListChatModel(responses=[], profile={"max_input_tokens": 0, "image_inputs": True})
    profile = profile_of(model)
    assert (profile.context_tokens, profile.sees_images) == (None, True)


def test_the_answer_takes_its_part_of_the_window() -> None:
    window = ModelProfile("m", "p", context_tokens=100, answer_tokens=30)
    assert window.prompt_tokens == 70
    assert ModelProfile("m", "p", context_tokens=20, answer_tokens=30).prompt_tokens == 0
