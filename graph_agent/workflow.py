"""AgentWorkflow: one request from start to result, resumable."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any, Self

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl

from graph_agent.asking import Answer, Approver
from graph_agent.async_events import drawn_aside
from graph_agent.checkpoints import open_checkpoints, thread_lock
from graph_agent.errors import AgentError, RunStoppedError
from graph_agent.event_stream import MODES, TOKEN_MODE, translated
from graph_agent.events import Event, Finished, Started, Waiting
from graph_agent.graph import Graph, build_graph, client_from
from graph_agent.records import Json
from graph_agent.request import CodeGenerationRequest
from graph_agent.result import CodeGenerationResult, result_from
from graph_agent.settings import Settings, load_settings
from graph_agent.setup import client_again, policy_again, setup_of
from graph_agent.threads import (
    Fork,
    answered,
    config_of,
    nothing_asked,
    state_of,
    take_up,
    waiting_for,
    what_is_over,
    with_limits,
)
from nodes.approval import ApprovalAnswer
from sandbox import DockerSandbox, VariableStore
from sandbox.protocol import Sandbox


class AgentWorkflow:
    """Answers one request.

    Args:
        request: what to do.
        client: a chat model or a model's name; None: Gemini where a key is
            found, else the local model; for a resumed run, the one it had.
        max_code_generation: how often code may be generated; for a resumed run,
            attempts made before included.
        thread_id: the run's name, for :meth:`resume`; None: a new one.
        sandbox: None: Docker with the settings' limits.
        checkpointer: a LangGraph saver; None: the settings'.
        settings: None: those of the environment.
        budget: limits besides attempts, see :class:`~graph_agent.budget.Budget`.
        approver: asks the person the request wants asked; None: the run stops there
            and its result says what it waits for.
    """

    def __init__(
        self,
        request: CodeGenerationRequest | None = None,
        client: BaseChatModel | str | None = None,
        max_code_generation: int | None = None,
        *,
        thread_id: str | None = None,
        sandbox: Sandbox | None = None,
        checkpointer: BaseCheckpointSaver[Any] | None = None,
        settings: Settings | None = None,
        budget: Mapping[str, Any] | None = None,
        approver: Approver | None = None,
    ) -> None:
        if request is None and thread_id is None:
            raise AgentError("give a request, or resume a run with AgentWorkflow.resume(thread_id)")
        self.thread_id = uuid.uuid4().hex[:12] if thread_id is None else thread_id
        self._request = request
        self._client = client
        self._settings = settings or load_settings()
        self._max_attempts = max_code_generation
        self._budget = budget
        self._context = with_limits(max_code_generation, budget)
        self._sandbox = sandbox
        self._own_sandbox: DockerSandbox | None = None
        self._checkpointer = checkpointer
        self._store = VariableStore(self._settings.state_dir / "variables")
        self._approver = approver
        self._answer: ApprovalAnswer | None = None
        self._fork: Fork | None = None
        self._control = RunControl()

    @classmethod
    def resume(
        cls,
        thread_id: str,
        client: BaseChatModel | str | None = None,
        max_code_generation: int | None = None,
        *,
        answer: Answer | None = None,
        **options: Any,
    ) -> Self:
        """Take up a stopped run, or one that a limit ended, under a higher one.

        Args:
            thread_id: the run.
            client: None: the model it had.
            max_code_generation: None: the limit it had.
            answer: to what the run waits for, see :class:`~nodes.approval.ApprovalAnswer`.
            options: the constructor's.

        Raises:
            RequestError: the answer makes no sense.
        """
        workflow = cls(None, client, max_code_generation, thread_id=thread_id, **options)
        workflow._answer = None if answer is None else ApprovalAnswer.read(answer)
        return workflow

    @classmethod
    def fork(
        cls,
        thread_id: str,
        attempt: int = 0,
        client: BaseChatModel | str | None = None,
        max_code_generation: int | None = None,
        *,
        request_text: str | None = None,
        new_thread_id: str | None = None,
        **options: Any,
    ) -> Self:
        """Go another way from an attempt of a run, on a thread of its own; the run stays as it is.

        Args:
            thread_id: the run to branch off from.
            attempt: the last of its attempts that is kept; 0: none.
            client: another model; None: the one it had.
            max_code_generation: attempts that are kept included; None: as many more as
                the run was allowed in all.
            request_text: the request in other words; None: as they were.
            new_thread_id: None: one of its own making.
            options: the constructor's.
        """
        if request_text is not None:
            CodeGenerationRequest(request_text)
        new = uuid.uuid4().hex[:12] if new_thread_id is None else new_thread_id
        workflow = cls(None, client, max_code_generation, thread_id=new, **options)
        workflow._fork = Fork(thread_id, attempt, request_text)
        return workflow

    def answered(self, answer: Answer) -> Self:
        """Return what goes on with this run, which waits for a person, and is otherwise the same.

        Raises:
            RequestError: the answer makes no sense.
        """
        return type(self).resume(
            self.thread_id,
            self._client,
            self._max_attempts,
            answer=answer,
            sandbox=self._sandbox,
            checkpointer=self._checkpointer,
            settings=self._settings,
            budget=self._budget,
            approver=self._approver,
        )

    async def run(self) -> CodeGenerationResult:
        """Run to the end, off the event loop; cancelled, it stops and can be resumed.

        Raises:
            AgentError: and others, see :meth:`stream`.
        """
        try:
            return await asyncio.to_thread(self.run_sync)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.to_thread(self.stop))
            raise

    def run_sync(self) -> CodeGenerationResult:
        """Run to the end; see :meth:`stream` for what is raised."""
        with contextlib.closing(self.stream(tokens=False)) as events:
            for event in events:
                if isinstance(event, Finished):
                    return event.result
        raise AgentError("the run ended without a result")

    async def astream(self, *, tokens: bool = True) -> AsyncGenerator[Event, None]:
        """Do as :meth:`stream` does, without blocking the event loop."""
        async with contextlib.aclosing(
            drawn_aside(self.stream(tokens=tokens), self.stop)
        ) as events:
            async for event in events:
                yield event

    def stream(self, *, tokens: bool = True) -> Generator[Event, None, None]:
        """Run, and yield what happens as it happens; the last event is ``Finished``.

        ``tokens``: ask the model to answer piece by piece, each a ``CodeToken``.

        Raises:
            ModelError: the model cannot be reached or gives nothing usable.
            SandboxUnavailableError: no code can be run here.
            VariableError: a variable cannot be handed over.
            RequestError: the request, a limit or an answer makes no sense.
            ThreadError: there is no such run to resume, or another process works on it.
            CheckpointError: the checkpoints are unusable.
            RunStoppedError: :meth:`drain` was called.

        After any of these, and after a kill, the run can be resumed.
        """
        with contextlib.ExitStack() as open_:
            config, source, saver = config_of(self.thread_id), self._source(), None
            setup: Json = {}
            if source is not None:
                saver = open_.enter_context(self._saver())
                state = state_of(saver, source)
                setup = state.get("setup") or {}
                if self._fork is None and (over := what_is_over(state, self._context)):
                    # What a finished run left takes neither model nor sandbox.
                    if self._answer is not None:
                        raise nothing_asked()
                    yield Started(self.thread_id)
                    yield Finished(result_from(over, self._store, self.thread_id))
                    return
            # Whatever is unusable is told before anything is stored, asked or started.
            asked_for = client_again(self._client, setup, source or self.thread_id)
            client = client_from(asked_for, self._settings)
            sandbox = self._sandbox or open_.enter_context(self._docker(setup))
            sandbox.check()
            open_.enter_context(thread_lock(self._settings, self.thread_id))
            saver = saver or open_.enter_context(self._saver())
            graph = build_graph(
                client, saver, sandbox=sandbox, store=self._store, settings=self._settings
            )
            input_ = self._input(graph, saver, config, setup_of(asked_for, self._settings))
            yield Started(self.thread_id)
            yield from self._events(graph, input_, config, tokens)

    def drain(self) -> None:
        """Ask a run that goes on in another thread to stop after the step under way.

        Its ``stream`` then raises RunStoppedError, and nothing is lost.
        """
        self._control.request_drain()

    def stop(self) -> None:
        """Stop at once: what runs in a container of this workflow's is ended with it."""
        self.drain()
        if self._own_sandbox is not None:
            self._own_sandbox.close()

    def _source(self) -> str | None:
        """Return the thread that is read before anything starts; None for a new request."""
        if self._fork is not None:
            return self._fork.thread_id
        return self.thread_id if self._request is None else None

    def _docker(self, setup: Json) -> DockerSandbox:
        policy = policy_again(self._settings, setup)
        self._own_sandbox = DockerSandbox(policy, store=self._store)
        return self._own_sandbox

    def _input(
        self, graph: Graph, saver: BaseCheckpointSaver[Any], config: RunnableConfig, setup: Json
    ) -> Any:
        """Return what the graph is given first."""
        if self._request is not None:
            attempts = self._max_attempts or self._settings.max_attempts
            given = self._request.to_input(self._store, attempts)
            # The context is not stored, and who resumes the run should find its limits.
            budget = {**given["budget"], **(self._context.budget or {})}
            return {**given, "budget": budget, "setup": setup}
        if self._fork is not None:
            return self._fork.branch(saver, graph, config, setup, self._context)
        state = state_of(saver, self.thread_id)
        return take_up(graph, config, state, self._answer, self._context)

    def _saver(self) -> contextlib.AbstractContextManager[BaseCheckpointSaver[Any]]:
        if self._checkpointer is not None:
            return contextlib.nullcontext(self._checkpointer)
        return open_checkpoints(self._settings)

    def _events(
        self, graph: Graph, input_: Any, config: RunnableConfig, tokens: bool
    ) -> Generator[Event, None, None]:
        modes = [*MODES, TOKEN_MODE] if tokens else list(MODES)
        while True:
            try:
                chunks = graph.stream(
                    input_,
                    config,
                    context=self._context,
                    stream_mode=modes,  # type: ignore[arg-type]  # names of modes
                    control=self._control,
                )
                for mode, chunk in chunks:
                    yield from translated(str(mode), chunk, self._store)
            except GraphDrained as drained:
                raise RunStoppedError(
                    f"the run {self.thread_id!r} was stopped between two steps; resume it"
                ) from drained
            approval = waiting_for(graph, config)
            if approval is None or self._approver is None:
                break
            input_ = answered(ApprovalAnswer.read(self._approver(approval)))
        if approval is not None:
            yield Waiting(approval)
        output = graph.get_state(config).values
        yield Finished(result_from(output, self._store, self.thread_id, approval))  # type: ignore[arg-type]  # the state's superset
