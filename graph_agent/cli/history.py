"""``threads`` and ``show``: what the checkpoints tell of earlier runs."""

from __future__ import annotations

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from graph_agent.checkpoints import open_saver, runs
from graph_agent.cli.exits import print_json, say
from graph_agent.errors import ThreadError
from graph_agent.settings import load_settings
from graph_agent.transcript import render
from graph_agent.visible import visible


def list_threads(as_json: bool) -> None:
    """List the runs, newest first."""
    with open_saver(load_settings().state_dir) as saver:
        found = runs(saver)
    if as_json:
        print_json({"threads": [one.model_dump(mode="json") for one in found]})
        return
    if not found:
        say("no runs yet")
        return
    # Folded, not cut: an id is there to be copied.
    headings = ("last step", "state", "attempts", "request")
    columns = [Column(one, overflow="fold") for one in headings]
    table = Table(Column("thread", no_wrap=True, overflow="fold"), *columns)
    for one in found:
        request = " ".join(visible(one.request).split())
        request = request if len(request) <= 60 else request[:59] + "…"
        cells = (one.thread_id, one.last_step[:19], one.status, str(one.attempts), request)
        table.add_row(*map(Text, cells))
    Console().print(table)


def show_thread(thread: str, as_json: bool) -> None:
    """Print one run's transcript."""
    with open_saver(load_settings().state_dir) as saver:
        saved = saver.get_tuple({"configurable": {"thread_id": thread}})
    if saved is None:
        raise ThreadError(f"there is no run {thread!r}; `codegen-agent threads` lists them")
    output = saved.checkpoint["channel_values"]
    transcript = render(output)  # type: ignore[arg-type]  # the channels are the output's superset
    if as_json:
        print_json({"thread_id": thread, "transcript": transcript})
    else:
        say(transcript)
