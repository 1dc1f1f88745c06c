"""Prompts made to fit a model's window, as far as tokens can be counted without asking it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from langchain_core.messages import BaseMessage

from graph_agent.models import ModelProfile
from graph_agent.prompts.bounds import MAX_PROMPT_CHARS, MIN_PROMPT_CHARS

CHARS_PER_TOKEN = 3.0
"""Of letters and blanks. The local models' tokenizer takes 3.6 in English, 4.0 in code and 2.8
in German, but one for each digit and about one for each mark, emoji and Chinese character: a
table of numbers has 1.0 to 1.3 characters a token."""
SHARE = 0.9
"""Of the window, since tokens are estimated."""
_DEAR = re.compile(r"[^A-Za-z\s]")
_MAX_ROUNDS = 10


def within_window(
    build: Callable[[int], list[BaseMessage]], profile: ModelProfile | None
) -> list[BaseMessage]:
    """Build a prompt of at most ``MAX_PROMPT_CHARS`` that fits the model's window.

    ``build`` takes the most characters that all messages together may have.
    """
    messages, most = build(MAX_PROMPT_CHARS), MAX_PROMPT_CHARS
    room = None if profile is None else profile.prompt_tokens
    if room is None or room * SHARE >= MAX_PROMPT_CHARS:
        return messages
    for _ in range(_MAX_ROUNDS):
        tokens = estimated_tokens(messages)
        if tokens <= room * SHARE or most <= MIN_PROMPT_CHARS:
            break
        shrunk = int(min(most, prompt_chars(messages)) * room * SHARE / tokens)
        most = max(MIN_PROMPT_CHARS, min(shrunk, int(most * 0.95)))
        messages = build(most)
    return messages


def prompt_chars(messages: Sequence[BaseMessage]) -> int:
    """Count the characters of all texts in a prompt."""
    return sum(len(one.text) for one in messages)


def estimated_tokens(messages: Sequence[BaseMessage]) -> int:
    """Estimate a prompt's tokens, rather too many than too few."""
    dear = sum(len(_DEAR.findall(one.text)) for one in messages)
    return int(dear + (prompt_chars(messages) - dear) / CHARS_PER_TOKEN) + 8 * len(messages)
