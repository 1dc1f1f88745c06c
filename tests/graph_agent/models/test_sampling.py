"""Clients for another answer to the same question."""

from __future__ import annotations

from pathlib import Path

from graph_agent.models import create_client
from graph_agent.models.local.chat_model import LocalChatModel
from graph_agent.models.profiles import TEMPERATURE, varied
from tests.scripted_model import ScriptedModel


def test_the_first_answer_is_asked_for_as_ever() -> None:
    client = ScriptedModel()
    assert varied(client, 0) is client


def test_later_answers_have_a_temperature_and_a_seed_of_their_own() -> None:
    client = LocalChatModel(model_name="m", path=Path("m.gguf"))
    second, third = varied(client, 1), varied(client, 2)
    assert isinstance(second, LocalChatModel)
    assert isinstance(third, LocalChatModel)
    assert (second.temperature, second.seed) == (TEMPERATURE, client.seed + 1)
    assert third.seed == client.seed + 2
    assert client.temperature == 0.0
    hot = client.model_copy(update={"temperature": 1.2})
    assert getattr(varied(hot, 1), "temperature") == 1.2  # noqa: B009


def test_the_least_temperature_can_be_another() -> None:
    client = LocalChatModel(model_name="m", path=Path("m.gguf"))
    assert getattr(varied(client, 1, 0.4), "temperature") == 0.4  # noqa: B009


def test_geminis_client_is_varied_too() -> None:
    client = create_client("gemini-2.5-flash", api_key="AIzaSyTestKeyTestKeyTestKeyTestKey0123")
    assert getattr(varied(client, 1), "temperature") >= TEMPERATURE  # noqa: B009


def test_a_client_without_these_settings_stays_as_it_is() -> None:
    client = ScriptedModel()
    assert varied(client, 1) is client
