"""What all prompts begin with."""

from __future__ import annotations

import pytest

from graph_agent.models import ModelProfile
from graph_agent.prompts.generation import generation_messages
from graph_agent.state import AgentState
from nodes.opening import UNLIKE_REQUESTS, opening_messages

PACKAGES = {"pandas": "3.0.0"}


@pytest.mark.parametrize("examples", [True, False])
def test_every_prompt_begins_with_it(examples: bool) -> None:
    profile = ModelProfile("local", "local", worked_examples=examples, context_tokens=8192)
    opening = opening_messages(profile, PACKAGES)
    assert opening[0].type == "system"
    assert "pandas 3.0.0" in str(opening[0].content)
    for request in ("Mean price?", "Plot the prices", *UNLIKE_REQUESTS):
        state = AgentState(request=request, returns=["answer"], checks="assert answer")
        messages = generation_messages(state, [], profile, PACKAGES)
        assert messages[: len(opening)] == opening
        assert len(messages) > len(opening)


def test_it_has_no_word_of_a_request() -> None:
    profile = ModelProfile("local", "local", worked_examples=True, context_tokens=8192)
    told = "".join(str(message.content) for message in opening_messages(profile, PACKAGES))
    assert not [request for request in UNLIKE_REQUESTS if request in told]
