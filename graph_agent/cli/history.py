"""``threads`` and ``show``: what the checkpoints tell of earlier runs."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from graph_agent.checkpoints import open_checkpoints, runs
from graph_agent.cli.exits import print_json, say
from graph_agent.errors import ThreadError
from graph_agent.models import Call, CallJournal
from graph_agent.settings import load_settings
from graph_agent.transcript import render
from graph_agent.visible import visible


def list_threads(as_json: bool) -> None:
    """List the runs, newest first."""
    with open_checkpoints(load_settings()) as saver:
        found = runs(saver)
    if as_json:
        print_json({"threads": [one.model_dump(mode="json") for one in found]})
        return
    if not found:
        say("no runs yet")
        return
    # Folded, not cut: an id is there to be copied.
    forks = any(one.forked_from for one in found)
    headings = ("last step", "state", "attempts", *(["forked from"] if forks else []), "request")
    columns = [Column(one, overflow="fold") for one in headings]
    table = Table(Column("thread", no_wrap=True, overflow="fold"), *columns)
    for one in found:
        request = " ".join(visible(one.request).split())
        request = request if len(request) <= 60 else request[:59] + "…"
        cells = [one.thread_id, one.last_step[:19], one.status, str(one.attempts)]
        origin = [one.forked_from] if forks else []
        table.add_row(*map(Text, (*cells, *origin, request)))
    Console().print(table)


def show_thread(thread: str, as_json: bool) -> None:
    """Print one run's transcript."""
    with open_checkpoints(load_settings()) as saver:
        saved = saver.get_tuple({"configurable": {"thread_id": thread}})
    if saved is None:
        raise ThreadError(f"there is no run {thread!r}; `codegen-agent threads` lists them")
    output = saved.checkpoint["channel_values"]
    transcript = render(output)  # type: ignore[arg-type]  # the channels are the output's superset
    if as_json:
        print_json({"thread_id": thread, "transcript": transcript})
    else:
        say(transcript)


def show_sent(thread: str, as_json: bool) -> None:
    """Print every call of a run as it was sent, word for word, in order."""
    settings = load_settings()
    calls = list(CallJournal(settings.state_dir / "calls").calls(thread))
    if not calls:
        raise ThreadError(
            f"nothing was sent for a run {thread!r}; `codegen-agent threads` lists the runs"
        )
    if as_json:
        print_json({"thread_id": thread, "sent": [_sent(one) for one in calls]})
        return
    for number, call in enumerate(calls, 1):
        ended = "answered" if call.over else f"no answer ({call.failure or 'cut off'})"
        ended = "not sent: the model cache had the answer" if call.cached else ended
        say(f"=== call {number}: {call.node}, {call.model}, {call.at}, {ended}")
        for message in call.messages:
            say(f"--- {message['role']}")
            say(visible(_text_of(message["content"])))


def _sent(call: Call) -> dict[str, Any]:
    return {**call.model_dump(mode="json", exclude={"answer", "fault"}), "cached": call.cached}


def _text_of(content: Any) -> str:
    """Return a message's words; of a picture its kind and size, its bytes are in the JSON."""
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
    named = block.get("mime_type") or block.get("type") if isinstance(block, dict) else None
    return str(named or "attachment")
