"""``forget``: show what a run takes, ask, and remove it."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from graph_agent.cli.approval import can_ask
from graph_agent.cli.exits import Exit, print_json, say, sigterm_as_interrupt, tell
from graph_agent.config.settings import load_settings
from graph_agent.errors import RequestError
from graph_agent.runs.forgetting import Forgotten, Selection, forget_runs, select
from sandbox.terminal_text import one_line


def forget_threads(
    threads: list[str], older_than: str | None, everything: bool, yes: bool, as_json: bool
) -> None:
    """Forget runs; exit 0 if all are forgotten, else 1."""
    settings = load_settings()
    chosen = select(settings, threads, older_than=older_than, everything=everything)
    if not as_json:
        _show(chosen)
    if chosen.runs and not yes:
        _confirm(as_json)
    with sigterm_as_interrupt():
        done = forget_runs(settings, chosen.runs)
    code = Exit.NOT_SOLVED if done.kept else Exit.SOLVED
    if as_json:
        print_json(_json(done, chosen, code))
    else:
        _report(done)
    raise typer.Exit(int(code))


def size_text(size: Mapping[str, int]) -> str:
    """Write sizes by kind, the total first."""
    kinds = ", ".join(f"{kind} {count / 1e6:.1f} MB" for kind, count in size.items())
    return f"{sum(size.values()) / 1e6:.1f} MB ({kinds})"


def _confirm(as_json: bool) -> None:
    if as_json or not can_ask():
        raise RequestError(
            "nothing was forgotten, because there is no terminal to ask at; add --yes to forget"
            " these runs without a question"
        )
    if not typer.confirm("Forget these runs? This can't be undone.", err=True):
        tell("nothing was forgotten")
        raise typer.Exit(int(Exit.NOT_SOLVED))


def _show(chosen: Selection) -> None:
    for run in chosen.runs:
        request = one_line(run.request)[:60]
        say(f"{one_line(run.thread_id)}  {run.last_step[:19]}  {run.status}  {request}")
    for thread in chosen.waiting:
        name = one_line(thread)
        say(f"{name} waits for your answer and stays; name it, or use --all, to forget it")
    if chosen.runs:
        say(f"{_count(len(chosen.runs))}, about {size_text(chosen.size)}")
    else:
        say("no runs to forget")


def _report(done: Forgotten) -> None:
    for thread, reason in done.kept.items():
        tell(one_line(f"kept {thread}: {reason}"))
    for note in done.notes:
        tell(one_line(note))
    if done.threads or any(done.size.values()):
        say(f"forgot {_count(len(done.threads))}: {size_text(done.size)} freed")


def _json(done: Forgotten, chosen: Selection, code: Exit) -> dict[str, object]:
    return {
        "success": code is Exit.SOLVED,
        "exit_code": int(code),
        "forgotten": done.threads,
        "kept": {**dict.fromkeys(chosen.waiting, "it waits for an answer"), **done.kept},
        "freed_bytes": {**done.size, "total": sum(done.size.values())},
        "notes": done.notes,
    }


def _count(runs: int) -> str:
    return f"{runs} run" if runs == 1 else f"{runs} runs"
