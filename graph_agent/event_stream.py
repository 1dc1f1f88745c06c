"""From what LangGraph streams to events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph_agent.events import (
    Analyzed,
    CodeToken,
    Decided,
    Drawn,
    Event,
    Executed,
    Generated,
    Printed,
)
from graph_agent.records import Attempt
from graph_agent.result import figure_of
from sandbox.store import VariableStore

MODES = ("updates", "custom")
TOKEN_MODE = "messages"  # noqa: S105  # no password


def translated(mode: str, chunk: Any, store: VariableStore) -> Iterator[Event]:
    """Turn one chunk of the graph's stream into events."""
    if mode == "custom":
        if chunk.get("event") == "output":
            yield Printed(chunk["stream"], chunk["text"])
    elif mode == TOKEN_MODE:
        message, metadata = chunk
        if "generate" in (metadata.get("tags") or ()) and (text := str(message.text)):
            yield CodeToken(text)
    else:
        for node, update in chunk.items():
            if isinstance(update, dict):
                yield from _of_node(node, update, store)


def _of_node(node: str, update: dict[str, Any], store: VariableStore) -> Iterator[Event]:
    if node == "decide":
        yield Decided(update["decision"])
    elif update.get("attempts"):
        last = Attempt.model_validate(update["attempts"][-1])
        if node == "generate":
            yield Generated(last.number, last.code, last.problem)
        elif node == "execute" and last.execution is not None:
            yield Executed(last.number, last.execution)
            for figure in last.execution.figures:
                yield Drawn(last.number, figure_of(figure, store))
        elif node == "analyze" and last.analysis is not None:
            yield Analyzed(last.number, last.analysis)
