"""AgentWorkflow: one request from start to result, resumable."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Generator, Iterator
from typing import Any, Self

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from graph_agent.checkpoints import is_over, open_saver
from graph_agent.errors import AgentError, ThreadError
from graph_agent.events import (
    Analyzed,
    Decided,
    Event,
    Executed,
    Finished,
    Generated,
    Printed,
    Started,
)
from graph_agent.graph import Graph, build_graph, client_from, policy_from
from graph_agent.records import Attempt
from graph_agent.request import CodeGenerationRequest
from graph_agent.result import CodeGenerationResult, result_from
from graph_agent.settings import Settings, load_settings
from graph_agent.state import AgentInput, AgentOutput
from sandbox import DockerSandbox, VariableStore
from sandbox.protocol import Sandbox


class AgentWorkflow:
    """Answers one request.

    Args:
        request: what to do.
        client: a chat model or a model's name; None: Gemini where a key is
            found, else the local model.
        max_code_generation: how often code may be generated.
        thread_id: the run's name, for :meth:`resume`; None: a new one.
        sandbox: None: Docker with the settings' limits.
        checkpointer: a LangGraph saver; None: SQLite in the state folder.
        settings: None: those of the environment.
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
    ) -> None:
        if request is None and thread_id is None:
            raise AgentError("give a request, or resume a run with AgentWorkflow.resume(thread_id)")
        self.thread_id = uuid.uuid4().hex[:12] if thread_id is None else thread_id
        self._request = request
        self._client = client
        self._settings = settings or load_settings()
        self._max_attempts = (
            self._settings.max_attempts if max_code_generation is None else max_code_generation
        )
        self._sandbox = sandbox
        self._own_sandbox: DockerSandbox | None = None
        self._checkpointer = checkpointer
        self._store = VariableStore(self._settings.state_dir / "variables")

    @classmethod
    def resume(
        cls, thread_id: str, client: BaseChatModel | str | None = None, **options: Any
    ) -> Self:
        """Take up a stopped run; ``options`` are the constructor's."""
        return cls(None, client, thread_id=thread_id, **options)

    async def run(self) -> CodeGenerationResult:
        """Run to the end, off the event loop; see :meth:`stream` for what is raised."""
        return await asyncio.to_thread(self.run_sync)

    def run_sync(self) -> CodeGenerationResult:
        """Run to the end; see :meth:`stream` for what is raised."""
        with contextlib.closing(self.stream()) as events:
            for event in events:
                if isinstance(event, Finished):
                    return event.result
        raise AgentError("the run ended without a result")

    def stream(self) -> Generator[Event, None, None]:
        """Run, and yield what happens as it happens; the last event is ``Finished``.

        Raises:
            ModelError: the model cannot be reached or gives nothing usable.
            SandboxUnavailableError: no code can be run here.
            VariableError: a variable cannot be handed over.
            ThreadError: there is no such run to resume.

        After any of these, and after a kill, the run can be resumed.
        """
        if self._request is None and (output := self._output_if_over()) is not None:
            yield Started(self.thread_id)
            yield Finished(result_from(output, self._store, self.thread_id))
            return
        # Whatever is unusable is told before anything is stored, asked or started.
        client = client_from(self._client, self._settings)
        with contextlib.ExitStack() as open_:
            sandbox = self._sandbox
            if sandbox is None:
                policy = policy_from(self._settings)
                sandbox = self._own_sandbox = open_.enter_context(
                    DockerSandbox(policy, store=self._store)
                )
            sandbox.check()
            saver = open_.enter_context(self._saver())
            graph = build_graph(
                client, saver, sandbox=sandbox, store=self._store, settings=self._settings
            )
            config: RunnableConfig = {"configurable": {"thread_id": self.thread_id}}
            yield from self._events(graph, self._input(), config)

    def abandon(self) -> None:
        """Remove the containers of a :meth:`stream` that another thread draws and nobody awaits.

        Only those that wait for their code: one whose code runs ends with this process.
        """
        if self._own_sandbox is not None:
            self._own_sandbox.close()

    def _input(self) -> AgentInput | None:
        if self._request is None:
            return None
        return self._request.to_input(self._store, self._max_attempts)

    def _saver(self) -> contextlib.AbstractContextManager[BaseCheckpointSaver[Any]]:
        if self._checkpointer is not None:
            return contextlib.nullcontext(self._checkpointer)
        return open_saver(self._settings.state_dir)

    def _output_if_over(self) -> AgentOutput | None:
        """Return what a finished run left, which takes neither model nor sandbox."""
        with self._saver() as saver:
            saved = saver.get_tuple({"configurable": {"thread_id": self.thread_id}})
        if saved is None:
            raise ThreadError(
                f"there is no run {self.thread_id!r} to resume; `codegen-agent threads` lists them"
            )
        values = saved.checkpoint["channel_values"]
        return values if is_over(values) else None  # type: ignore[return-value]  # the state's superset

    def _events(
        self, graph: Graph, input_: AgentInput | None, config: RunnableConfig
    ) -> Generator[Event, None, None]:
        yield Started(self.thread_id)
        modes = ["updates", "custom"]
        for mode, chunk in graph.stream(input_, config, stream_mode=modes):  # type: ignore[arg-type]  # a list of modes is documented
            yield from _translate(str(mode), chunk)
        output = graph.get_state(config).values
        yield Finished(result_from(output, self._store, self.thread_id))  # type: ignore[arg-type]  # the state's superset


def _translate(mode: str, chunk: Any) -> Iterator[Event]:
    """Turn what LangGraph streams into events."""
    if mode == "custom":
        if chunk.get("event") == "output":
            yield Printed(chunk["stream"], chunk["text"])
        return
    for node, update in chunk.items():
        attempts = (update or {}).get("attempts") if isinstance(update, dict) else None
        if attempts:
            last = Attempt.model_validate(attempts[-1])
            if node == "generate":
                yield Generated(last.number, last.code, last.problem)
            elif node == "execute" and last.execution is not None:
                yield Executed(last.number, last.execution)
            elif node == "analyze" and last.analysis is not None:
                yield Analyzed(last.number, last.analysis)
        elif node == "decide" and update:
            yield Decided(update["decision"])
