"""The messages that every prompt for code begins with."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from langchain_core.messages import BaseMessage

from graph_agent.models import ModelProfile
from graph_agent.prompts.generation import generation_messages
from graph_agent.state import AgentState

UNLIKE_REQUESTS = (
    "How many rows have no missing value?",
    "Draw the monthly sales of each region as lines, with a legend",
    "Join both tables by customer and save the ten largest orders as a CSV file",
    "Is there a significant correlation between height and weight?",
)
"""Made up, and as different as requests can be: what their prompts share, all prompts share."""


def opening_messages(profile: ModelProfile, packages: Mapping[str, str]) -> list[BaseMessage]:
    """Return the messages that all prompts for this model share, whatever a user asks.

    No request is looked at, so nothing of a user's can be in them.
    """
    states = [AgentState(request=request) for request in UNLIKE_REQUESTS]
    prompts = [generation_messages(state, [], profile, packages) for state in states]
    same = takewhile(
        lambda at: all(message == at[0] for message in at), zip(*prompts, strict=False)
    )
    return [at[0] for at in same]
