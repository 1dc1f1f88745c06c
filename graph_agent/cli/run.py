"""``run``, ``resume`` and ``fork``."""

from __future__ import annotations

import ast
import contextlib
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from graph_agent.checkpoints import open_checkpoints
from graph_agent.cli.approval import ask, can_ask, say_how_to_answer
from graph_agent.cli.exits import (
    Exit,
    Notes,
    ResumeHint,
    print_json,
    say,
    sigterm_as_interrupt,
    tell,
)
from graph_agent.cli.options import LIMIT_OPTIONS
from graph_agent.cli.pictures import show_pictures
from graph_agent.config.log import configure_log
from graph_agent.config.settings import Settings, load_settings
from graph_agent.errors import (
    CheckpointError,
    RequestError,
    ThreadError,
)
from graph_agent.files.reading import ReadOptions
from graph_agent.files.variable_files import read_variable_files
from graph_agent.from_settings import with_run_limits
from graph_agent.progress.following import DRAIN_S, follow
from graph_agent.progress.lasting import lasting
from graph_agent.progress.terminal import Progress
from graph_agent.records import Approve, PrivacyLevel
from graph_agent.request import CodeGenerationRequest, RequestOptions
from graph_agent.results.answer_text import answer_text, verdict_line
from graph_agent.results.output_folder import SavedFiles
from graph_agent.results.result import CodeGenerationResult
from graph_agent.results.saving import save_result
from graph_agent.results.script.inputs import encoded
from graph_agent.results.value_files import json_value
from graph_agent.runs.approver import read_code
from graph_agent.runs.follow_ups import check_ended
from graph_agent.workflow import AgentWorkflow
from sandbox.errors import PayloadError, VariableStoreError
from sandbox.terminal_text import one_line


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of ``run``."""

    request: str
    after: str | None
    variables: list[str]
    model: str | None
    max_attempts: int | None
    candidates: int | None
    budget: dict[str, Any]
    check: Path | None
    returns: list[str] | dict[str, Any] | None
    privacy: PrivacyLevel | None
    approve: Approve | None
    skip_rules: list[str]
    allow_packages: list[str]
    timeout_s: float | None
    memory: str | None
    out: Path | None
    keep_formulas: bool
    verbose: bool
    trust_pickle: bool
    reading: ReadOptions
    as_json: bool

    def asked(self, settings: Settings) -> RequestOptions:
        """Return what the request is given, without its variables.

        Raises:
            RequestError: the file with the checks can't be read.
        """
        asked: RequestOptions = {
            "checks": None if self.check is None else read_checks(self.check),
            "returns": self.returns,
            "skip_rules": self.skip_rules,
        }
        is_set = self.after is None or "approve" in settings.model_fields_set
        if approve := self.approve or (settings.approve if is_set else None):
            asked["approve"] = approve
        if self.privacy is not None:
            asked["privacy"] = self.privacy
        if self.candidates is not None:
            asked["candidates"] = self.candidates
        return asked


def run_request(options: RunOptions) -> None:
    """Answer one request; bad input is reported before anything starts."""
    notes = Notes()
    given: dict[str, Any] | None = None

    def start(settings: Settings) -> AgentWorkflow:
        # Cheap checks first: a bad name should be reported before a large file is read.
        settings = with_run_limits(
            settings, options.allow_packages, options.timeout_s, options.memory
        )
        # In a locale that is not UTF-8 the shell's bytes arrive as lone surrogates.
        text = os.fsencode(_request_text(options.request)).decode("utf-8", "replace")
        asked = options.asked(settings)
        budget = settings.prices_and(options.budget)
        request = CodeGenerationRequest(text, **asked, budget=budget)
        if options.after is not None:
            with open_checkpoints(settings) as saver:
                check_ended(saver, options.after)
        nonlocal given
        usable_folder(options.out)
        with lasting(Console(stderr=True, quiet=options.as_json), "reading the files"):
            values = read_variable_files(
                options.variables,
                trust_pickle=options.trust_pickle,
                options=options.reading,
                note=notes.add,
            )
        if options.after is not None:
            asked["user_variables"] = values
            return AgentWorkflow.follow_up(
                options.after,
                text,
                options.model,
                options.max_attempts,
                budget=budget if options.budget else None,
                settings=settings,
                **asked,
            )
        given = values
        request = request.with_variables(values)
        return AgentWorkflow(request, options.model, options.max_attempts, settings=settings)

    run_to_end(
        start,
        options.out,
        options.as_json,
        notes,
        keep_formulas=options.keep_formulas,
        verbose=options.verbose,
        values=lambda: given,
    )


def read_checks(path: Path) -> str:
    """Read a file of checks.

    Raises:
        RequestError: it can't be read, or nothing in it can fail: a CSV file may be valid Python.
    """
    checks = read_code(path, "check")
    with contextlib.suppress(SyntaxError, ValueError, RecursionError):  # reported with its line
        if not any(isinstance(node, _CHECKS) for node in ast.walk(ast.parse(checks))):
            raise RequestError(
                f"the check file {str(path)!r} checks nothing; write assertions, such as"
                " `assert len(result) > 0`"
            )
    return checks


_CHECKS = (ast.Assert, ast.Raise, ast.Call)
"""What a check is made of: a call may be of a function that asserts."""


def _request_text(request: str) -> str:
    """Return the request; ``-`` stands for what stdin holds."""
    return sys.stdin.read() if request == "-" else request


def run_to_end(
    start: Callable[[Settings], AgentWorkflow],
    out: Path | None,
    as_json: bool,
    notes: Sequence[str] = (),
    *,
    keep_formulas: bool = False,
    verbose: bool = False,
    values: Callable[[], Mapping[str, Any] | None] = lambda: None,
) -> None:
    """Start a workflow, run it to its end, show the answer, save its files and exit.

    ``verbose``: show the transcript too. ``values``: those of all its variables; None: they are
    read from the store.
    """
    settings = load_settings()
    workflow = start(settings)
    usable_folder(out)
    configure_log(settings.state_dir, settings.log_level, settings.secrets())
    console = Console(stderr=True, quiet=as_json)
    try:
        with sigterm_as_interrupt():
            result = follow(workflow, Progress(console), DRAIN_S)
            while result.waiting_for is not None and can_ask() and not as_json:
                workflow = workflow.answered(ask(result.waiting_for))
                result = follow(workflow, Progress(console), DRAIN_S)
    except BaseException as error:
        if not isinstance(error, (RequestError, ThreadError)) and _resumable(workflow, settings):
            thread = shlex.quote(workflow.thread_id)
            error.add_note(ResumeHint(f"to continue this run: codegen-agent resume {thread}"))
        raise
    folder = out or settings.state_dir / "runs" / workflow.thread_id
    is_shown = not as_json and result.waiting_for is None
    if is_shown:
        say(answer_text(result))
        show_pictures(result.figures)
    given = values()
    with lasting(console, "saving the files"):
        files = save_result(
            result,
            folder,
            settings,
            keep_formulas=keep_formulas,
            payloads=None if given is None else encoded(given),
        )
    say_changes(files)
    if as_json:
        print_json({**result_json(result, folder, files), "notes": list(notes)})
    elif result.waiting_for is not None:
        say_how_to_answer(result.waiting_for, shlex.quote(workflow.thread_id))
    else:
        say(f"Files in {folder}: {', '.join(names_in(folder, files))}")
        say(verdict_line(result))
        if verbose:
            say(f"\n{result.transcript}")
        _report_limit(result, console)
    raise typer.Exit(int(exit_code_of(result)))


def exit_code_of(result: CodeGenerationResult) -> Exit:
    """Return the exit code of a result; a run waiting for a person counts as interrupted."""
    if result.waiting_for is not None:
        return Exit.INTERRUPTED
    return Exit.SOLVED if result.success else Exit.NOT_SOLVED


def _report_limit(result: CodeGenerationResult, console: Console) -> None:
    if result.stopped_by is not None:
        limit, option = result.stopped_by, LIMIT_OPTIONS[result.stopped_by]
        console.print(
            f"Stopped by the limit on {limit}; to continue: codegen-agent resume"
            f" {one_line(shlex.quote(result.thread_id))} {option} MORE",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def result_json(result: CodeGenerationResult, folder: Path, files: SavedFiles) -> dict[str, Any]:
    """Make the object that ``--json`` prints; values JSON can't hold get a type and a summary."""
    attempts = result.output.get("attempts") or []
    executions = [attempt["execution"] for attempt in attempts if attempt["execution"]]
    variables = executions[-1].get("variables", []) if executions else []
    state: Mapping[str, Any] = result.output  # it has more channels than its type
    setup = state.get("setup") or {}
    return {
        "success": result.success,
        "exit_code": int(exit_code_of(result)),
        "thread_id": result.thread_id,
        "follows": setup.get("follows"),
        "forked_from": setup.get("forked_from"),
        "stopped_by": result.stopped_by,
        "cost": result.cost,
        "waiting_for": result.waiting_for and result.waiting_for.to_state(),
        "code": result.code,
        "explanation": result.explanation,
        "agreement": result.agreement,
        "attempts": attempts,
        "variables": {
            variable["name"]: {
                "type": variable["type"],
                "summary": variable["summary"],
                "value": _value(result, variable["name"]),
            }
            for variable in variables
        },
        "usage": result.output.get("usage") or {},
        "out": str(folder),
        "files": names_in(folder, files),
        "renamed": files.renamed,
        "left_out": files.left_out,
        "returned_files": [
            {"name": file["name"], "size": file["size"]}
            for file in (executions[-1].get("files", []) if executions else [])
        ],
        "transcript": result.transcript,
    }


def usable_folder(folder: Path | None) -> None:
    """Create the output folder, if one is given, and check that it is writable.

    Raises:
        RequestError: it can't be created or written.
    """
    if folder is not None:
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(prefix=".codegen-agent-", dir=folder):
                pass  # under a name that nothing has


def names_in(folder: Path, files: SavedFiles) -> list[str]:
    """Return the files' paths in their folder."""
    return [path.relative_to(folder).as_posix() for path in files]


def say_changes(files: SavedFiles) -> None:
    """Say on stderr which files got another name, and which values got no file."""
    if files.renamed:
        renamed = ", ".join(f"{name} → {actual}" for name, actual in files.renamed.items())
        tell(f"Renamed, to keep what is there: {renamed}")
    for name, reason in files.left_out.items():
        tell(f"Not saved: {name}: {reason}")


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Report a failed write as bad input.

    Raises:
        RequestError: the folder can't be written.
    """
    try:
        yield
    except FileExistsError as error:
        raise RequestError(
            f"{str(folder)!r} is a file, not a folder; name another with --out"
        ) from error
    except OSError as error:
        raise RequestError(
            f"cannot write to the output folder {str(folder)!r}: {error.strerror};"
            " name another with --out"
        ) from error


def _resumable(workflow: AgentWorkflow, settings: Settings) -> bool:
    """Whether the run has a checkpoint."""
    from graph_agent.checkpoints import thread_exists

    try:
        return thread_exists(settings, workflow.thread_id)
    except (CheckpointError, OSError):  # perhaps the error that is being handled
        return False


def _value(result: CodeGenerationResult, name: str) -> Any:
    try:
        return json_value(result.variables[name])
    except (PayloadError, VariableStoreError, KeyError):
        return None
