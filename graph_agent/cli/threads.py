"""``threads`` and ``show``: earlier runs, read from the checkpoints."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from graph_agent.checkpoints import RunRecord, list_runs, no_such_run, open_checkpoints
from graph_agent.cli.exits import print_json, say, write
from graph_agent.config.settings import Settings, load_settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import ThreadError
from graph_agent.models import Call, open_call_log
from graph_agent.models.sent import heading_of, sent_messages, text_of
from graph_agent.results.report import report_html
from graph_agent.results.result import CodeGenerationResult, result_from
from graph_agent.results.saving import save_result
from graph_agent.results.script.inputs import from_container
from graph_agent.results.transcript import render
from graph_agent.runs.setup import restored_policy
from graph_agent.runs.threads import state_of
from graph_agent.state import AgentOutput
from sandbox import DockerSandbox
from sandbox.terminal_text import one_line


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
    headings = ("state", "attempts", *from_, "request")
    columns = [Column(heading, overflow="fold") for heading in headings]
    whole = [Column(name, no_wrap=True, overflow="fold") for name in ("thread", "last step")]
    table = Table(*whole, *columns, box=None, pad_edge=False, collapse_padding=True)
    for run in found:
        request = one_line(run.request)
        request = request if len(request) <= 60 else request[:59] + "…"
        cells = [run.thread_id, _local_time(run.last_step), run.status, str(run.attempts)]
        origin = [_origin(run)] if comes_from_others else []
        table.add_row(*(Text(one_line(cell)) for cell in (*cells, *origin, request)))
    Console().print(table)


def _local_time(utc: str) -> str:
    return f"{datetime.fromisoformat(utc).astimezone():%Y-%m-%d %H:%M}"


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
    write(report_html(_result_of(thread, settings), sent_messages(settings, thread)))


def save_shown(thread: str, out: Path, as_json: bool, keep_formulas: bool) -> None:
    """Write one run's files into a folder."""
    from graph_agent.cli.run import names_in, say_changes, usable_folder

    settings = load_settings()
    usable_folder(out)
    result = _result_of(thread, settings)
    files = save_result(result, out, settings, keep_formulas=keep_formulas)
    say_changes(files)
    if as_json:
        print_json({"thread_id": thread, "out": str(out), "files": names_in(out, files)})
    else:
        say(f"Files in {out}: {', '.join(names_in(out, files))}")


def _result_of(thread: str, settings: Settings) -> CodeGenerationResult:
    with open_checkpoints(settings) as saver:
        state = state_of(saver, thread)
    policy = restored_policy(settings, state.get("setup") or {})
    store = variable_store(settings)
    payloads = from_container(lambda: DockerSandbox(policy), store)
    return result_from(cast("AgentOutput", state), store, thread, payloads=payloads)


def show_sent(thread: str, as_json: bool) -> None:
    """Print every model call of a run exactly as it was sent, in order."""
    settings = load_settings()
    calls = list(open_call_log(settings).calls(thread))
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
