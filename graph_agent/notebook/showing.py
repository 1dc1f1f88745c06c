"""Shows a run in the cell that asked: in its area in a notebook, as lines in a terminal."""

from __future__ import annotations

from rich.console import Console

from graph_agent.checkpoints import thread_exists
from graph_agent.config.settings import load_settings
from graph_agent.errors import AgentError, CheckpointError
from graph_agent.notebook.messages import CodegenError
from graph_agent.progress.area import NotebookArea
from graph_agent.progress.following import follow
from graph_agent.progress.picture import WRITES
from graph_agent.progress.places import in_kernel
from graph_agent.progress.terminal import Progress
from graph_agent.results.changes.records import Changes
from graph_agent.results.html import code_html, escaped
from graph_agent.results.result import CodeGenerationResult
from graph_agent.runs.approver import approval_text
from graph_agent.workflow import AgentWorkflow
from sandbox.errors import SandboxError
from sandbox.terminal_text import escape_control_chars

DRAIN_S = 4.0
"""How long an interrupted run may finish its step: it is over within 8 s."""
Bundle = dict[str, str]
View = NotebookArea | Progress


def run_and_show(
    workflow: AgentWorkflow, note: str, how: str, first_step: str = WRITES
) -> tuple[CodeGenerationResult, View]:
    """Run a workflow and show it; return its result, and where it was shown.

    Args:
        workflow: what to run.
        note: a line about it.
        how: the line that continues it.
        first_step: what it does first.

    Raises:
        CodegenError: it was interrupted, or failed; says how to continue.
    """
    view: View = NotebookArea() if in_kernel() else _in_terminal()
    if isinstance(view, NotebookArea):
        view.picture.first_step = first_step
    if note:
        view.say(note)
    try:
        return follow(workflow, view, DRAIN_S), view
    except KeyboardInterrupt:
        raise CodegenError(f"interrupted; to continue: {how}") from None
    except (AgentError, SandboxError) as error:
        then = f"; to continue: {how}" if _is_stored(workflow.thread_id) else ""
        raise CodegenError(f"{error}{then}") from None


def show_result(
    result: CodeGenerationResult, changes: Changes, view: View, *, accepted: bool
) -> None:
    """Show a result, and what accepting its values changes."""
    shown, differences = result._repr_mimebundle_(), changes._repr_mimebundle_()
    if not result.success or not changes.values:
        _end(view, shown)
        return
    hint = "" if accepted else _hint(changes)
    title = "Changes in your variables"
    _end(
        view,
        {
            "text/plain": "\n".join(
                filter(None, [shown["text/plain"], f"{title}:", differences["text/plain"], hint])
            ),
            "text/html": f"{shown['text/html']}<div><p><b>{title}</b></p>"
            f"{differences['text/html']}<p>{escaped(hint)}</p></div>",
        },
    )


def _hint(changes: Changes) -> str:
    if all(change.kind == "unchanged" and not change.sampled for change in changes.values):
        return "Your variables have these values already."
    return "Nothing is changed yet. Take it over with %codegen_accept"


def show_waiting(result: CodeGenerationResult, view: View) -> None:
    """Show code that needs approval; the next cell holds it to be edited and run."""
    request = result.waiting_for
    assert request is not None  # noqa: S101  # the caller has looked
    reasons = "".join(f"<li>{escaped(reason)}</li>" for reason in request.reasons)
    page = (
        f"<div><p><b>Attempt {request.attempt} waits for you.</b> Run the next cell to approve its"
        f" code, or reject it with <code>%codegen_reject WORDS</code>.</p><ul>{reasons}</ul>"
        f"{code_html(request.code)}</div>"
    )
    how = "Run the next cell to approve this code, or reject it with %codegen_reject WORDS"
    _end(view, {"text/plain": f"{approval_text(request)}\n{how}", "text/html": page})


def say(text: str) -> None:
    """Print a line."""
    print(escape_control_chars(text))


def _in_terminal() -> Progress:
    return Progress(Console(stderr=True, force_jupyter=False))


def _is_stored(thread_id: str) -> bool:
    """Whether there is a run to continue."""
    try:
        return thread_exists(load_settings(), thread_id)
    except (CheckpointError, OSError):  # perhaps the error that is being shown
        return False


def _end(view: View, bundle: Bundle) -> None:
    if isinstance(view, NotebookArea):
        view.end_with(bundle)
    else:
        print(bundle["text/plain"])
