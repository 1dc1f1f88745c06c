"""One notebook's requests: asks, shows what would change, and waits for the user to accept it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel

from graph_agent.config.settings import load_settings
from graph_agent.notebook.acceptance import Acceptance
from graph_agent.notebook.approval_cell import answer_from, cell_text
from graph_agent.notebook.messages import CodegenError
from graph_agent.notebook.names import (
    is_chat_model,
    kind_of,
    mentioned,
    named,
    own_variables,
    tables,
)
from graph_agent.notebook.options import Asked
from graph_agent.notebook.requests import Earlier, workflow_for
from graph_agent.notebook.showing import run_and_show, say, show_result, show_waiting
from graph_agent.progress.picture import RUNS, WRITES
from graph_agent.records import ApprovalAnswer, ApprovalRequest
from graph_agent.results.changes.compare import compare_all
from graph_agent.results.result import CodeGenerationResult
from graph_agent.runs.approver import read_code
from graph_agent.runs.threads import saved_approval
from graph_agent.similar import did_you_mean
from graph_agent.workflow import AgentWorkflow
from sandbox.terminal_text import escape_control_chars

RESULT = "_codegen"
"""The variable that holds the last result."""


class Shell(Protocol):
    """What is used of IPython's shell."""

    user_ns: dict[str, Any]
    user_ns_hidden: Mapping[str, Any]

    def set_next_input(self, s: str, replace: bool = False) -> None:
        """Open a cell with this text."""


class Session:
    """The magics' work, with what they remember from cell to cell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self.acceptance = Acceptance(shell.user_ns)
        self._asking: tuple[str, str | None] | None = None
        """The run that waits for approval: its thread, and the model as it was typed."""
        self._stopped: tuple[str, str | None] | None = None
        """The last run that was interrupted or failed: its thread, and its model."""
        self._earlier: Earlier | None = None

    @property
    def own(self) -> dict[str, Any]:
        """The variables the user made."""
        return own_variables(self._shell.user_ns, self._shell.user_ns_hidden)

    def ask(self, asked: Asked) -> None:
        """Answer a request; its values wait to be accepted."""
        if asked.has("--new"):
            self._earlier = None
        own, earlier = self.own, self._earlier
        own |= (given := named(asked.names, own, self._shell.user_ns))
        names = list(given) or mentioned(asked.request, own)
        if not names and earlier is None:
            names = tables(own)
            if len(names) > 1:
                self._offer(asked, names)
                return
        if earlier is not None:
            names = list(dict.fromkeys([*names, *(name for name in earlier.names if name in own)]))
        typed = asked.get("--model") or (earlier.model if earlier else None)
        values = {name: own[name] for name in names}
        checks = self._checks(asked.get("--checks"))
        workflow = workflow_for(asked, values, checks, self._model(typed), earlier)
        self._asking = None
        taken = ", ".join(f"{name} ({kind_of(own[name])})" for name in names) or "no variables"
        after = f"; follows {earlier.request!r:.60}" if earlier else ""
        self._run(workflow, typed, f"takes {taken}{after}", accept=asked.has("--accept"))

    def resume(self, thread_id: str | None, model: str | None) -> None:
        """Continue a run that was interrupted; None: the last one here."""
        if thread_id is None:
            if self._stopped is None:
                raise CodegenError("no run was interrupted here; name it: %codegen_resume THREAD")
            thread_id, model = self._stopped[0], model or self._stopped[1]
        self._run(AgentWorkflow.resume(thread_id, self._model(model)), model, "")

    def approve(self, thread_id: str, model: str | None, body: str) -> None:
        """Run the code of an approval cell."""
        answer = answer_from(body, _waiting_in(thread_id, model))
        workflow = AgentWorkflow.resume(thread_id, self._model(model), answer=answer)
        self._run(workflow, model, "", first_step=RUNS)

    def reject(self, words: str, thread_id: str | None, model: str | None) -> None:
        """Reject the code that waits, and let the model write another."""
        if thread_id is None:
            if self._asking is None:
                raise CodegenError("no code waits for approval here; name its run with --thread")
            thread_id, model = self._asking[0], model or self._asking[1]
        _waiting_in(thread_id, model)
        answer = ApprovalAnswer(decision="reject", words=words)
        self._run(AgentWorkflow.resume(thread_id, self._model(model), answer=answer), model, "")

    @property
    def _is_unsolved(self) -> bool:
        last = self._shell.user_ns.get(RESULT)
        return isinstance(last, CodeGenerationResult) and not last.success

    def accept(self, names: list[str]) -> None:
        """Put waiting values into the notebook, and the code into the next cell."""
        if self.acceptance.waiting is None and self._asking is not None:
            raise CodegenError("the code waits for approval and hasn't run; run its cell first")
        if self.acceptance.waiting is None and self._is_unsolved:
            raise CodegenError(
                "the last request wasn't solved, so nothing waits; what its code made is in"
                f" {RESULT}.variables"
            )
        result, accepted = self.acceptance.accept(names)
        say(f"Accepted: {', '.join(accepted) or 'nothing'}. To take it back: %codegen_undo")
        self._shell.set_next_input(escape_control_chars(result.code))

    def undo(self) -> None:
        """Take back the last accept."""
        restored, removed, kept = self.acceptance.undo()
        for what, names in (("Restored", restored), ("Removed", removed)):
            if names:
                say(f"{what}: {', '.join(names)}")
        if kept:
            say(f"Left alone, because assigned again since: {', '.join(kept)}")

    def _run(
        self,
        workflow: AgentWorkflow,
        model: str | None,
        note: str,
        *,
        accept: bool = False,
        first_step: str = WRITES,
    ) -> None:
        self.acceptance.waiting = None
        self._stopped = (workflow.thread_id, model)
        how = how_to_resume(workflow.thread_id, model)
        result, view = run_and_show(workflow, note, how, first_step)
        self._stopped = self._asking = None
        self._shell.user_ns[RESULT] = result
        if result.waiting_for is not None:
            self._asking = (workflow.thread_id, model)
            show_waiting(result, view)
            self._open_approval(result.waiting_for, workflow.thread_id, model)
            return
        self._earlier = Earlier.of(result, model)
        values = result.variables if result.success else {}
        show_result(result, compare_all(values, self._shell.user_ns), view, accepted=accept)
        if values:
            self.acceptance.waiting = result
            if accept:
                self.accept([])

    def _open_approval(self, request: ApprovalRequest, thread_id: str, model: str | None) -> None:
        self._shell.set_next_input(cell_text(request, thread_id, model))

    def _offer(self, asked: Asked, names: list[str]) -> None:
        options = " ".join(f"{name} {value}".strip() for name, value in asked.given.items())
        say(
            f"Which variables? The request names none, and there are {len(names)} tables:"
            f" {', '.join(names)}. The next cell takes them all; edit it and run it."
        )
        line = " ".join(filter(None, ["%%codegen", *names, options]))
        self._shell.set_next_input(f"{line}\n{escape_control_chars(asked.request)}\n")

    def _model(self, name: str | None) -> BaseChatModel | str | None:
        """Return the chat model that a variable holds, or else the name."""
        held = None if name is None else self._shell.user_ns.get(name)
        if isinstance(held, BaseChatModel):
            return held
        if name is not None and name.isidentifier() and name not in ("local",):
            models = [key for key, value in self._shell.user_ns.items() if is_chat_model(value)]
            if meant := did_you_mean(name, models):
                raise CodegenError(f"no variable {name!r} holds a chat model{meant}")
        return name

    def _checks(self, name: str | None) -> str | None:
        if name is None:
            return None
        held = self._shell.user_ns.get(name)
        return held if isinstance(held, str) else read_code(Path(name).expanduser(), "checks")


def how_to_resume(thread_id: str, model: str | None) -> str:
    """Return the line that continues a run."""
    return f"%codegen_resume {thread_id}" + (f" --model {model}" if model else "")


def _waiting_in(thread_id: str, model: str | None) -> ApprovalRequest:
    """Return what a run waits with; nothing of the run is continued.

    Raises:
        CodegenError: it waits for nothing.
        ThreadError, CheckpointError: there is no such run, or it can't be read.
    """
    waiting = saved_approval(load_settings(), thread_id)
    if waiting is None:
        how = how_to_resume(thread_id, model)
        raise CodegenError(
            f"the run {thread_id} has no code that waits for approval; to continue it, or to see"
            f" its result: {how}"
        )
    return waiting
