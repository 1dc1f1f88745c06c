"""What was sent to the model, as text."""

from __future__ import annotations

import json
from typing import Any

from graph_agent.config.settings import Settings
from graph_agent.errors import CheckpointError
from graph_agent.models.call_log import Call
from graph_agent.models.shared_call_log import open_call_log


def sent_messages(settings: Settings, thread: str) -> list[tuple[str, str]]:
    """Return a heading and the text of each message of a run's calls; none if the log is lost."""
    try:
        calls = list(open_call_log(settings).calls(thread))
    except CheckpointError:
        return []
    return [
        (f"{heading_of(number, call)}: {message['role']}", text_of(message["content"]))
        for number, call in enumerate(calls, 1)
        for message in call.messages
    ]


def heading_of(number: int, call: Call) -> str:
    """Say which call it was, and how it ended."""
    result = "answered" if call.over else f"no answer ({call.failure or 'cut off'})"
    result = "not sent: the model cache had the answer" if call.cached else result
    return f"call {number}: {call.node}, {call.model}, {call.at}, {result}"


def text_of(content: Any) -> str:
    """Return a message's text; pictures by type and size (their bytes are in the JSON)."""
    if isinstance(content, str):
        return content
    parts = []
    for block in content:
        if isinstance(block, str):
            parts.append(block)
        elif isinstance(block, dict) and block.get("type") == "text":
            parts.append(str(block.get("text", "")))
        else:
            parts.append(f"[{_kind(block)}, {len(json.dumps(block))} characters]")
    return "\n".join(parts)


def _kind(block: Any) -> str:
    kind = block.get("mime_type") or block.get("type") if isinstance(block, dict) else None
    return str(kind or "attachment")
