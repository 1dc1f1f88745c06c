"""AgentWorkflow: one request from start to result, resumable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Collection, Generator, Mapping
from typing import Any, Self, TypedDict, Unpack, cast

from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.base import BaseCheckpointSaver

from graph_agent.budget import Budget
from graph_agent.config.settings import Settings, load_settings
from graph_agent.errors import AgentError, RequestError
from graph_agent.from_settings import check_client
from graph_agent.progress.following import follow, follow_async
from graph_agent.progress.places import View, view_here
from graph_agent.records import ApprovalAnswer
from graph_agent.request import CodeGenerationRequest, RequestOptions
from graph_agent.results.result import CodeGenerationResult
from graph_agent.runs.approver import Answer, Approver
from graph_agent.runs.background import events_in_thread
from graph_agent.runs.events import Event, Finished
from graph_agent.runs.follow_ups import FollowUpRun
from graph_agent.runs.starts import ForkedRun, NewRun, ResumedRun, Start
from graph_agent.runs.thread_ids import random_thread_id
from graph_agent.runs.thread_run import ThreadRun
from graph_agent.runs.threads import with_limits
from sandbox.protocol import Sandbox


class WorkflowOptions(TypedDict, total=False):
    """The keyword options of :class:`AgentWorkflow`, which describes them."""

    sandbox: Sandbox | None
    checkpointer: BaseCheckpointSaver[Any] | None
    settings: Settings | None
    budget: Budget | Mapping[str, float | None] | None
    approver: Approver | None


class FollowUpOptions(WorkflowOptions, RequestOptions, total=False):
    """The keyword options of a follow-up, for its workflow and its request."""


class AgentWorkflow:
    """Answers one request.

    Args:
        request: what to do, or how else the run starts (:mod:`graph_agent.runs.starts`);
            None: resume the run of ``thread_id``.
        client: a chat model or a model's name; None: the resumed run's model, else Gemini
            if there is a key, else the local model.
        max_code_generation: how often code may be generated, including a resumed run's
            earlier attempts.
        thread_id: the run's name, for :meth:`resume`; None: a new one.
        sandbox: None: Docker with the limits from the settings.
        checkpointer: a LangGraph saver; None: the one from the settings.
        settings: None: read from the environment.
        budget: limits besides attempts, see :class:`~graph_agent.budget.Budget`.
        approver: asks a person for approval when the request wants it; None: the run stops
            there, and its result has the question in ``waiting_for``.

    Raises:
        RequestError: an argument is unusable.
        ModelUnknownError: no model has this name.
    """

    def __init__(
        self,
        request: CodeGenerationRequest | Start | None = None,
        client: BaseChatModel | str | None = None,
        max_code_generation: int | None = None,
        *,
        thread_id: str | None = None,
        sandbox: Sandbox | None = None,
        checkpointer: BaseCheckpointSaver[Any] | None = None,
        settings: Settings | None = None,
        budget: Budget | Mapping[str, float | None] | None = None,
        approver: Approver | None = None,
    ) -> None:
        if request is None:
            if thread_id is None:
                raise AgentError("give a request, or use AgentWorkflow.resume(thread_id)")
            request = ResumedRun(thread_id)
        elif isinstance(request, CodeGenerationRequest):
            new_id = random_thread_id() if thread_id is None else thread_id
            request = NewRun(new_id, request)
        elif not isinstance(request, Start):
            raise RequestError(
                f"the request is a CodeGenerationRequest, not {type(request).__name__}; make it"
                " with CodeGenerationRequest('what to do', {'name': value})"
            )
        settings = settings or load_settings()
        named = settings.model if isinstance(request, NewRun) else None
        check_client(named if client is None else client)
        self.thread_id = request.thread_id
        self._run = ThreadRun(
            request,
            client,
            with_limits(max_code_generation, budget),
            settings,
            sandbox,
            checkpointer,
            approver,
            follow_up=self._followed_up,
        )

    @classmethod
    def resume(
        cls,
        thread_id: str,
        client: BaseChatModel | str | None = None,
        max_code_generation: int | None = None,
        *,
        answer: Answer | None = None,
        **options: Unpack[WorkflowOptions],
    ) -> Self:
        """Resume a run that was stopped, or that reached a limit and gets a higher one.

        ``client`` and ``max_code_generation`` None: those it had. ``answer``: to the approval
        it waits for.

        Raises:
            RequestError: the answer is invalid.
        """
        read = None if answer is None else ApprovalAnswer.read(answer)
        return cls(ResumedRun(thread_id, read), client, max_code_generation, **options)

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
        **options: Unpack[WorkflowOptions],
    ) -> Self:
        """Continue another way from an attempt of a run, on a new thread; the run is unchanged.

        Args:
            thread_id: the run to fork.
            attempt: the last of its attempts to keep; 0: none.
            client: another model; None: the one it had.
            max_code_generation: includes the kept attempts; None: as many new ones as the
                run was allowed in total.
            request_text: a new request text; None: the run's.
            new_thread_id: None: a generated one.
        """
        new_id = random_thread_id() if new_thread_id is None else new_thread_id
        start = ForkedRun(new_id, thread_id, attempt, request_text)
        return cls(start, client, max_code_generation, **options)

    @classmethod
    def follow_up(
        cls,
        thread_id: str,
        request_text: str,
        client: BaseChatModel | str | None = None,
        max_code_generation: int | None = None,
        *,
        new_thread_id: str | None = None,
        without: Collection[str] = (),
        **options: Unpack[FollowUpOptions],
    ) -> Self:
        """Ask the next request of a run's conversation, on a new thread; the run is unchanged.

        The code has the run's variables and results as variables, and ``user_variables``, which
        replace those of the same names. The model knows the earlier requests and their code, as
        far as the privacy level allows.

        Args:
            thread_id: the run whose request came before; it has ended.
            request_text: the task.
            client: another model; None: the one it had.
            max_code_generation: None: as many as the run was allowed in total.
            new_thread_id: None: a generated one.
            without: names of the run's variables and results that the model isn't told of; such
                results don't get into the container either.
            options: also ``user_variables``, ``checks``, ``returns``, ``skip_rules`` and
                ``skip_unsendable`` as for a request, and ``privacy``, ``approve`` and
                ``candidates``, which are the run's unless given.

        Raises:
            RequestError: an argument is unusable.
        """
        new_id = random_thread_id() if new_thread_id is None else new_thread_id
        asked = {name: options[name] for name in RequestOptions.__annotations__ if name in options}  # type: ignore[literal-required]  # names of its keys
        rest = {name: value for name, value in options.items() if name not in asked}
        given = cast("RequestOptions", asked)
        start = FollowUpRun(new_id, thread_id, request_text, given, without)
        return cls(start, client, max_code_generation, **cast("WorkflowOptions", rest))

    def _followed_up(
        self,
        request_text: str,
        client: BaseChatModel | str | None = None,
        max_code_generation: int | None = None,
        *,
        new_thread_id: str | None = None,
        **options: Unpack[FollowUpOptions],
    ) -> Self:
        """Ask the next request with what this workflow works with."""
        run = self._run
        used: FollowUpOptions = {
            "sandbox": run.sandbox,
            "checkpointer": run.checkpointer,
            "settings": run.settings,
            "approver": run.approver,
        }
        used |= options
        model = run.client if client is None else client
        return self.follow_up(
            self.thread_id,
            request_text,
            model,
            max_code_generation,
            new_thread_id=new_thread_id,
            **used,
        )

    def answered(self, answer: Answer) -> Self:
        """Return a workflow that gives this run, which waits for an approval, an answer.

        Raises:
            RequestError: the answer is invalid.
        """
        run = self._run
        return self.resume(
            self.thread_id,
            run.client,
            run.context.max_attempts,
            answer=answer,
            sandbox=run.sandbox,
            checkpointer=run.checkpointer,
            settings=run.settings,
            budget=run.context.budget,
            approver=run.approver,
        )

    async def run(self, *, progress: bool = True) -> CodeGenerationResult:
        """Do the same as :meth:`run_sync` without blocking the event loop.

        If it is cancelled, the run stops and can be resumed.
        """
        view = self._view(progress)
        if view is not None:
            return await follow_async(self.astream(), view)
        try:
            return await asyncio.to_thread(self.run_sync, progress=False)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.to_thread(self.stop))
            raise

    def run_sync(self, *, progress: bool = True) -> CodeGenerationResult:
        """Run to the end; see :meth:`stream` for what it raises.

        ``progress``: show what happens, in a notebook or a terminal (on stderr).
        """
        view = self._view(progress)
        if view is not None and self._run.approver is None:
            return follow(self, view)
        with contextlib.ExitStack() as stack:
            shown = None if view is None else stack.enter_context(view)
            for event in stack.enter_context(contextlib.closing(self.stream(tokens=False))):
                if shown is not None:
                    shown.show(event)
                if isinstance(event, Finished):
                    return event.result
        raise AgentError("the run ended without a result")

    def _view(self, progress: bool) -> View | None:
        # Not a status line that moves while the approver asks.
        return view_here(with_status=self._run.approver is None) if progress else None

    async def astream(self, *, tokens: bool = True) -> AsyncGenerator[Event, None]:
        """Do the same as :meth:`stream` without blocking the event loop."""
        produced = events_in_thread(self.stream(tokens=tokens), self.stop)
        async with contextlib.aclosing(produced) as events:
            async for event in events:
                yield event

    def stream(self, *, tokens: bool = True) -> Generator[Event, None, None]:
        """Run, and yield events as they happen; the last one is ``Finished``.

        ``tokens``: stream the model's answers, each piece as a ``CodeToken``.

        Raises:
            ModelError: the model can't be reached or gives no usable answer.
            SandboxUnavailableError: code can't be run here.
            VariableError: a variable can't be passed to the code.
            RequestError: the request, a limit or an answer is invalid.
            ThreadError: there is no such run to resume, or another process is running it.
            CheckpointError: the checkpoints are unusable.
            RunStoppedError: :meth:`drain` was called.

        After any of these, and after a kill, the run can be resumed.
        """
        return self._run.events(tokens)

    def drain(self) -> None:
        """Ask a run in another thread to stop after its current step.

        Its ``stream`` then raises RunStoppedError, and nothing is lost.
        """
        self._run.control.request_drain()

    def stop(self) -> None:
        """Stop at once, and end the container of this workflow."""
        self._run.stop()
