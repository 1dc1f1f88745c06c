"""How a client was made is known as long as the client lives."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from graph_agent.models import ClientSpec, create_client, profiles, spec_of
from tests.scripted_model import ScriptedModel

KEY = "AIzaSyTestKeyTestKeyTestKeyTestKey0123"


@pytest.mark.parametrize(
    ("name", "options", "spec"),
    [
        ("gemini-2.5-pro", {}, ClientSpec("gemini-2.5-pro")),
        ("models/gemini-2.5-pro", {}, ClientSpec("gemini-2.5-pro")),
        ("openai:gpt-5", {}, ClientSpec("openai:gpt-5")),
        (
            "gemini-2.5-pro",
            {"temperature": 0.5, "timeout_s": 9},
            ClientSpec("gemini-2.5-pro", {"timeout_s": 9, "temperature": 0.5}),
        ),
        (
            "openai:gpt-5",
            {"base_url": "http://user:secret@127.0.0.1/v1"},
            ClientSpec("openai:gpt-5", {}, ("base_url",)),
        ),
    ],
)
def test_a_made_client_is_known_without_its_key(
    name: str, options: dict[str, Any], spec: ClientSpec
) -> None:
    client = create_client(name, api_key=KEY, **options)
    assert spec_of(client) == spec
    assert KEY not in repr(spec_of(client))


def test_a_clients_copy_and_a_callers_client_are_not_known() -> None:
    client = create_client("gemini-2.5-pro", api_key=KEY)
    assert spec_of(client.model_copy()) is None
    assert spec_of(ScriptedModel()) is None
    assert spec_of(create_client(ScriptedModel())) is None


def test_nothing_is_kept_of_a_client_that_is_gone() -> None:
    gc.collect()
    before = len(profiles._SPECS)
    client = create_client("gemini-2.5-pro", api_key=KEY)
    assert len(profiles._SPECS) == before + 1
    del client
    gc.collect()
    assert len(profiles._SPECS) == before
