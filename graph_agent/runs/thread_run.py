"""One run of a thread: opens what it needs, runs the graph, and yields events."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained

from graph_agent.checkpoints import is_finished, open_checkpoints, thread_lock
from graph_agent.config.settings import Settings
from graph_agent.config.stores import variable_store
from graph_agent.context import AgentContext
from graph_agent.errors import CheckpointError, RunStoppedError
from graph_agent.from_settings import client_from
from graph_agent.graph import build_graph
from graph_agent.leaving import LeavableControl
from graph_agent.records import ApprovalAnswer, ApprovalRequest
from graph_agent.results.result import CodeGenerationResult, FollowUp, result_from
from graph_agent.results.script.inputs import from_container
from graph_agent.runs.approver import Approver
from graph_agent.runs.background import interruptible
from graph_agent.runs.events import (
    MODES,
    TOKEN_MODE,
    Event,
    Finished,
    Started,
    Waiting,
    to_events,
)
from graph_agent.runs.follow_ups import FollowUpRun, check_ended
from graph_agent.runs.retention import start_retention
from graph_agent.runs.setup import restored_client, restored_policy, setup_of
from graph_agent.runs.starts import ResumedRun, Start
from graph_agent.runs.threads import GraphInput, Thread, approval_command, state_of
from graph_agent.state import AgentOutput, AgentState
from sandbox import DockerSandbox, VariableStore
from sandbox.protocol import Sandbox


@dataclass
class ThreadRun:
    """A run and what it was given; None: as :class:`~graph_agent.workflow.AgentWorkflow` says."""

    start: Start
    client: BaseChatModel | str | None
    context: AgentContext
    settings: Settings
    sandbox: Sandbox | None
    checkpointer: BaseCheckpointSaver[Any] | None
    approver: Approver | None
    control: LeavableControl = field(default_factory=LeavableControl)
    follow_up: Callable[..., FollowUp] | None = None
    """Makes the workflow of a follow-up, for the result."""
    _own_sandbox: DockerSandbox | None = None

    def events(self, tokens: bool) -> Generator[Event, None, None]:
        """Run; see :meth:`~graph_agent.workflow.AgentWorkflow.stream`."""
        start, thread_id, saver, state = self.start, self.start.thread_id, None, AgentState()
        store = variable_store(self.settings)
        with contextlib.ExitStack() as stack:
            if start.source is not None:
                saver = stack.enter_context(self._saver())
                state = state_of(saver, start.source)
            if isinstance(start, ResumedRun):
                finished = start.finished_state(state, self.context)
                if finished is not None:
                    self._prune(saver)  # it may have been killed before
                    yield Started(thread_id)
                    yield Finished(self._result(finished, store))
                    return
            if isinstance(start, FollowUpRun) and saver is not None:
                check_ended(saver, start.source)
            setup = state.get("setup") or {}
            # Check the model and the sandbox before anything is stored or started.
            model = restored_client(self.client, setup, start.source or thread_id)
            client = client_from(model, self.settings)
            sandbox = self.sandbox or stack.enter_context(self._docker(setup, store))
            sandbox.check()
            stack.enter_context(thread_lock(self.settings, thread_id))
            start_retention(self.settings)  # this run is safe from it: it is locked
            saver = saver or stack.enter_context(self._saver())
            graph = build_graph(
                client, saver, sandbox=sandbox, store=store, settings=self.settings, locked=True
            )
            new_setup = setup_of(model, self.settings, setup)
            thread = Thread(thread_id, graph, saver, store, self.settings, new_setup, self.context)
            input_ = start.prepare(thread)
            yield Started(thread_id)
            yield from self._graph_events(thread, input_, tokens)

    def stop(self) -> None:
        """Stop at once, and end the container of this run."""
        self.control.leave()
        if self._own_sandbox is not None:
            self._own_sandbox.close()

    def _graph_events(
        self, thread: Thread, input_: GraphInput, tokens: bool
    ) -> Generator[Event, None, None]:
        modes = [*MODES, TOKEN_MODE] if tokens else list(MODES)
        while True:
            try:
                chunks = thread.graph.stream(
                    input_,
                    thread.config,
                    context=self.context,
                    stream_mode=modes,  # type: ignore[arg-type]  # names of modes
                    control=self.control,
                )
                for mode, chunk in interruptible(chunks, self.control.leave):
                    yield from to_events(str(mode), chunk, thread.store)
            except GraphDrained as drained:
                raise RunStoppedError(
                    f"the run {thread.thread_id!r} was stopped; resume it"
                ) from drained
            approval = thread.pending_approval()
            if approval is None or self.approver is None:
                break
            input_ = approval_command(ApprovalAnswer.read(self.approver(approval)))
        if approval is not None:
            yield Waiting(approval)
        state = thread.graph.get_state(thread.config).values
        if is_finished(state):
            self._prune(thread.saver)
        yield Finished(self._result(cast("AgentOutput", state), thread.store, approval))

    def _result(
        self, output: AgentOutput, store: VariableStore, approval: ApprovalRequest | None = None
    ) -> CodeGenerationResult:
        state: Mapping[str, Any] = output  # it has more channels than its type

        def sandbox() -> contextlib.AbstractContextManager[Sandbox]:
            if self.sandbox is not None and not isinstance(self.sandbox, DockerSandbox):
                return contextlib.nullcontext(self.sandbox)
            return DockerSandbox(restored_policy(self.settings, state.get("setup") or {}))

        return result_from(
            output,
            store,
            self.start.thread_id,
            approval,
            follow_up=self.follow_up,
            payloads=from_container(sandbox, store),
        )

    def _prune(self, saver: BaseCheckpointSaver[Any] | None) -> None:
        """Keep only the last checkpoint, where the database is ours."""
        if self.checkpointer is None and saver is not None:
            with contextlib.suppress(CheckpointError):  # it only takes more space
                saver.prune([self.start.thread_id])

    def _docker(self, setup: Mapping[str, Any], store: VariableStore) -> DockerSandbox:
        self._own_sandbox = DockerSandbox(restored_policy(self.settings, setup), store=store)
        return self._own_sandbox

    def _saver(self) -> contextlib.AbstractContextManager[BaseCheckpointSaver[Any]]:
        if self.checkpointer is not None:
            return contextlib.nullcontext(self.checkpointer)
        return open_checkpoints(self.settings)
