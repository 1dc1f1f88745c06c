"""``threads`` and ``show``: earlier runs, read from the checkpoints."""

from __future__ import annotations

from typing import Any, cast

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from graph_agent.checkpoints import RunRecord, list_runs, no_such_run, open_checkpoints
from graph_agent.cli.exits import print_json, say, write
from graph_agent.config.settings import load_settings
from graph_agent.errors import ThreadError
from graph_agent.models import Call, CallLog
from graph_agent.models.sent import heading_of, sent_messages, text_of
from graph_agent.results.report import report_html
from graph_agent.results.result import result_from
from graph_agent.results.transcript import render
from graph_agent.runs.threads import state_of
from graph_agent.state import AgentOutput
from graph_agent.terminal_text import one_line
from sandbox import VariableStore


def list_threads(as_json: bool) -> None:
    """List the runs, newest first."""
    with open_checkpoints(load_settings()) as saver:
        found = list_runs(saver)
    if as_json:
        print_json({"threads": [run.model_dump(mode="json") for run in found]})
        return
    if not found:
        say("no runs yet")
        return
    # Folded, not cut off, so that an id can be copied.
    comes_from_others = any(_origin(run) for run in found)
    from_ = ["from"] if comes_from_others else []
    headings = ("last step", "state", "attempts", *from_, "request")
    columns = [Column(heading, overflow="fold") for heading in headings]
    table = Table(Column("thread", no_wrap=True, overflow="fold"), *columns)
    for run in found:
        request = one_line(run.request)
        request = request if len(request) <= 60 else request[:59] + "…"
        cells = [run.thread_id, run.last_step[:19], run.status, str(run.attempts)]
        origin = [_origin(run)] if comes_from_others else []
        table.add_row(*(Text(one_line(cell)) for cell in (*cells, *origin, request)))
    Console().print(table)


def _origin(run: RunRecord) -> str:
    if run.forked_from:
        return f"fork of {run.forked_from}"
    return f"follow-up to {run.follows}" if run.follows else ""


def show_thread(thread: str, as_json: bool) -> None:
    """Print one run's transcript."""
    with open_checkpoints(load_settings()) as saver:
        saved = saver.get_tuple({"configurable": {"thread_id": thread}})
        if saved is None:
            raise no_such_run(saver, thread)
    output = saved.checkpoint["channel_values"]
    transcript = render(output)  # type: ignore[arg-type]  # the channels include all of the output
    if as_json:
        print_json({"thread_id": thread, "transcript": transcript})
    else:
        say(transcript)


def show_html(thread: str, _: bool) -> None:
    """Print one run's report."""
    settings = load_settings()
    with open_checkpoints(settings) as saver:
        state = state_of(saver, thread)
    store = VariableStore(settings.state_dir / "variables")
    result = result_from(cast("AgentOutput", state), store, thread)
    write(report_html(result, sent_messages(settings, thread)))


def show_sent(thread: str, as_json: bool) -> None:
    """Print every model call of a run exactly as it was sent, in order."""
    settings = load_settings()
    calls = list(CallLog(settings.state_dir / "calls").calls(thread))
    if not calls:
        raise ThreadError(
            f"no calls are recorded for a run {thread!r}; `codegen-agent threads` lists the runs"
        )
    if as_json:
        print_json({"thread_id": thread, "sent": [_sent(call) for call in calls]})
        return
    for number, call in enumerate(calls, 1):
        say(one_line(f"=== {heading_of(number, call)}"))
        for message in call.messages:
            say(one_line(f"--- {message['role']}"))
            say(text_of(message["content"]))


def _sent(call: Call) -> dict[str, Any]:
    return {**call.model_dump(mode="json", exclude={"answer", "fault"}), "cached": call.cached}
