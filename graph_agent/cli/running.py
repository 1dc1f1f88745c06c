"""``run`` and ``resume``."""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from graph_agent.artifacts import json_value, save_run
from graph_agent.asking import read_code
from graph_agent.cli.asking import answer_from, ask, can_ask, say_how_to_answer
from graph_agent.cli.background import BackgroundEvents, sigterm_as_interrupt
from graph_agent.cli.exits import GO_ON, Exit, print_json, say
from graph_agent.cli.options import LIMIT_OPTIONS, Limits
from graph_agent.cli.progress import Progress
from graph_agent.errors import CheckpointError, RequestError, RunStoppedError, ThreadError
from graph_agent.events import Finished
from graph_agent.log import configure_log
from graph_agent.records import Approve, PrivacyLevel
from graph_agent.request import CodeGenerationRequest
from graph_agent.result import CodeGenerationResult
from graph_agent.settings import Settings, load_settings
from graph_agent.variable_files import read_variable_files
from graph_agent.workflow import AgentWorkflow
from sandbox.errors import PayloadError, VariableStoreError
from sandbox.store import VariableStore

DRAIN_S = 8.0
"""How long an interrupt waits for the step under way; `docker stop` gives a program 10 s."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of ``run``."""

    request: str
    variables: list[str]
    model: str | None
    limits: Limits
    check: Path | None
    returns: list[str] | None
    privacy: PrivacyLevel
    approve: Approve | None
    skip_rules: list[str]
    out: Path | None
    trust_pickle: bool
    as_json: bool


def run_request(options: RunOptions) -> None:
    """Answer one request; all that can be wrong with it is told before anything starts."""
    settings = load_settings()
    checks = None if options.check is None else read_code(options.check, "check")
    # Everything cheap first: a bad name should not wait for a large file to be read.
    request = CodeGenerationRequest(
        # In a locale that is not UTF-8 the shell's bytes arrive as halves of surrogate pairs.
        request_text=os.fsencode(options.request).decode("utf-8", "replace"),
        checks=checks,
        returns=options.returns,
        privacy=options.privacy,
        approve=options.approve or settings.approve,
        skip_rules=options.skip_rules,
        budget=settings.prices_and(options.limits.budget()),
    )
    out = None if options.out is None else usable_folder(options.out)
    values = read_variable_files(options.variables, trust_pickle=options.trust_pickle)
    workflow = AgentWorkflow(
        request.with_variables(values), options.model, options.limits.attempts, settings=settings
    )
    go(workflow, settings, out, options.as_json)


def resume_run(
    thread: str,
    model: str | None,
    limits: Limits,
    answers: tuple[bool, Path | None, str | None],
    out: Path | None,
    as_json: bool,
) -> None:
    """Go on with a stopped run; ``answers``: the options that answer what it waits for."""
    settings = load_settings()
    folder = None if out is None else usable_folder(out)
    workflow = AgentWorkflow.resume(
        thread,
        model,
        limits.attempts,
        answer=answer_from(*answers),
        budget=settings.prices_and(limits.budget()) if limits.budget() else None,
        settings=settings,
    )
    go(workflow, settings, folder, as_json)


def fork_run(
    thread: str,
    attempt: int,
    request: str | None,
    model: str | None,
    max_attempts: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Go another way from an attempt of a run."""
    settings = load_settings()
    folder = None if out is None else usable_folder(out)
    workflow = AgentWorkflow.fork(
        thread, attempt, model, max_attempts, request_text=request, settings=settings
    )
    go(workflow, settings, folder, as_json)


def go(workflow: AgentWorkflow, settings: Settings, out: Path | None, as_json: bool) -> None:
    """Run a workflow to its end, show it, leave its files, and exit with its code."""
    configure_log(settings.state_dir, settings.log_level, settings.secrets())
    console = Console(stderr=True, quiet=as_json)
    try:
        with sigterm_as_interrupt():
            result = _follow(workflow, console)
            while result.waiting_for is not None and can_ask() and not as_json:
                workflow = workflow.answered(ask(result.waiting_for))
                result = _follow(workflow, console)
    except BaseException as error:
        if not isinstance(error, (RequestError, ThreadError)) and _resumable(workflow, settings):
            thread = shlex.quote(workflow.thread_id)
            error.add_note(f"{GO_ON}codegen-agent resume {thread}")
        raise
    folder = out or settings.state_dir / "runs" / workflow.thread_id
    with writing(folder):
        files = save_run(result.output, VariableStore(settings.state_dir / "variables"), folder)
    if as_json:
        print_json(as_object(result, folder, files))
    elif result.waiting_for is not None:
        say_how_to_answer(result.waiting_for, shlex.quote(workflow.thread_id))
    else:
        say(result.transcript)
        say(f"Files in {folder}: {', '.join(path.name for path in files)}")
        _say_what_stopped(result, console)
    raise typer.Exit(int(code_of(result)))


def code_of(result: CodeGenerationResult) -> Exit:
    """Return the exit code of a result; one that waits for a person is an interrupted run."""
    if result.waiting_for is not None:
        return Exit.INTERRUPTED
    return Exit.SOLVED if result.success else Exit.NOT_SOLVED


def _say_what_stopped(result: CodeGenerationResult, console: Console) -> None:
    if result.stopped_by is not None:
        limit, option = result.stopped_by, LIMIT_OPTIONS[result.stopped_by]
        console.print(
            f"Stopped by its limit on {limit}; to go on: codegen-agent resume"
            f" {shlex.quote(result.thread_id)} {option} MORE",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def as_object(result: CodeGenerationResult, folder: Path, files: list[Path]) -> dict[str, Any]:
    """Make the object ``--json`` prints; what JSON cannot hold is described by type and summary."""
    executions = result.output.get("attempts") or []
    last = next((one["execution"] for one in reversed(executions) if one["execution"]), None)
    summaries = {one["name"]: one for one in (last or {}).get("variables", [])}
    return {
        "success": result.success,
        "exit_code": int(code_of(result)),
        "thread_id": result.thread_id,
        "stopped_by": result.stopped_by,
        "cost": result.cost,
        "waiting_for": result.waiting_for and result.waiting_for.to_state(),
        "code": result.code,
        "explanation": result.explanation,
        "attempts": executions,
        "variables": {
            name: {"type": one["type"], "summary": one["summary"], "value": _value(result, name)}
            for name, one in summaries.items()
        },
        "usage": result.output.get("usage") or {},
        "out": str(folder),
        "files": [path.name for path in files],
        "transcript": result.transcript,
    }


def usable_folder(folder: Path) -> Path:
    """Make an output folder before anything costs time.

    Raises:
        RequestError: it cannot be made or written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".codegen-agent-{os.getpid()}"
        probe.touch()
        probe.unlink()
    return folder


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a folder that cannot be written into bad input.

    Raises:
        RequestError: naming the folder.
    """
    try:
        yield
    except OSError as error:
        raise RequestError(
            f"cannot write to the output folder {str(folder)!r}: {error.strerror};"
            " name another with --out"
        ) from error


def _follow(workflow: AgentWorkflow, console: Console) -> CodeGenerationResult:
    """Show a run's events to its end.

    An interrupt waits for the step under way, so that an answer that is paid for is
    kept; a second one, or :data:`DRAIN_S`, ends it at once.
    """
    deadline: float | None = None
    with Progress(console) as progress:
        events = BackgroundEvents(workflow.stream())
        while True:
            try:
                event = events.next(deadline)
                if event is None:
                    break
                progress.show(event)
                if isinstance(event, Finished):
                    return event.result
            except RunStoppedError:
                break
            except KeyboardInterrupt:
                if deadline is not None:
                    break
                deadline = time.monotonic() + DRAIN_S
                workflow.drain()
                progress.say("interrupted: the step under way is finished; Ctrl-C ends it at once")
    workflow.stop()
    raise KeyboardInterrupt


def _resumable(workflow: AgentWorkflow, settings: Settings) -> bool:
    """Whether anything of the run is checkpointed."""
    from graph_agent.checkpoints import thread_exists

    try:
        return thread_exists(settings, workflow.thread_id)
    except (CheckpointError, OSError):  # perhaps the very error this is asked for
        return False


def _value(result: CodeGenerationResult, name: str) -> Any:
    try:
        return json_value(result.variables[name])
    except (PayloadError, VariableStoreError, KeyError):
        return None
