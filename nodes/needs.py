"""What the nodes need and the state cannot hold; given to them when the graph is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext
from graph_agent.models import AnswerCache, Caller, CallJournal
from sandbox.protocol import Sandbox
from sandbox.store import VariableStore


@dataclass(frozen=True)
class Needs:
    """The parts a graph works with.

    ``client`` makes the chat model for a name, or the graph's own for None.
    ``files_folder`` holds the files that an input may name; None: it may name none.
    ``cache`` keeps the model's answers for whoever asks the same; None: none does.
    """

    client: Callable[[str | None], BaseChatModel]
    sandbox: Sandbox
    store: VariableStore
    journal: CallJournal
    files_folder: Path | None = None
    cache: AnswerCache | None = None

    def model(self, runtime: Runtime[AgentContext]) -> BaseChatModel:
        """Return the chat model of a run."""
        return self.client(runtime.context.model if runtime.context is not None else None)


def caller(node: str, runtime: Runtime[AgentContext], config: RunnableConfig) -> Caller:
    """Tell on whose behalf a node asks or runs something.

    Without a checkpointer a run belongs to no thread, whatever its config names.
    """
    info = runtime.execution_info
    if info is None:
        return Caller(node, None, "")
    return Caller(node, info.thread_id if is_checkpointed(config) else None, info.task_id)


def is_checkpointed(config: RunnableConfig) -> bool:
    """Whether the run can be resumed."""
    # LangGraph's own key; nothing public tells a node.
    return config.get("configurable", {}).get("__pregel_checkpointer") is not None
