"""The graph: four nodes and one state."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.constants import END, START
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Checkpointer, RetryPolicy

from graph_agent.agent_graph import AgentGraph
from graph_agent.chat.reply import NAME
from graph_agent.config.settings import Settings, load_settings
from graph_agent.config.stores import variable_store
from graph_agent.context import AgentContext
from graph_agent.from_settings import check_client, client_maker, policy_from
from graph_agent.langgraph_internals import SYNC_DURABILITY, sync_and_async
from graph_agent.leaving import leavable
from graph_agent.models import forms_of, is_transient, open_call_log
from graph_agent.models.retry_waits import FACTOR, FIRST_WAIT_S, MAX_ATTEMPTS, MAX_WAIT_S
from graph_agent.models.waiting import with_waits
from graph_agent.state import AgentInput, AgentOutput, AgentState
from nodes.analyze import analyze
from nodes.decide import (
    aroute_after_decide,
    aroute_after_execute,
    decide,
    route_after_decide,
    route_after_execute,
)
from nodes.dependencies import Dependencies
from nodes.execute import aexecute, execute
from nodes.generate import generate
from sandbox import DockerSandbox, VariableStore
from sandbox.protocol import Sandbox

RETRY = RetryPolicy(
    retry_on=is_transient,
    max_attempts=MAX_ATTEMPTS,
    initial_interval=FIRST_WAIT_S,
    backoff_factor=FACTOR,
    max_interval=MAX_WAIT_S,
    jitter=False,  # so that the wait can be announced; see with_waits
)
"""The one retry layer around model calls; the clients' own are off."""

Graph = CompiledStateGraph[AgentState, AgentContext, AgentInput, AgentOutput]


def build_graph(
    client: BaseChatModel | str | None = None,
    checkpointer: Checkpointer = None,
    *,
    sandbox: Sandbox | None = None,
    store: VariableStore | None = None,
    settings: Settings | None = None,
    locked: bool = False,
) -> Graph:
    """Build and compile the graph; nothing is connected before it runs.

    Args:
        client: a chat model or a model's name; None: Gemini if the settings hold a
            key, else the local model.
        checkpointer: any LangGraph saver; None: no checkpoints.
        sandbox: runs the code; None: Docker with the settings' limits.
        store: holds the values; None: the one in the settings' state folder.
        settings: None: those of the environment.
        locked: the caller holds the locks of the threads. Otherwise a call locks its thread in
            the saver's database, if that is SQLite or Postgres, and raises ThreadError while
            another one works on it.

    Raises:
        RequestError: ``client`` is neither a chat model nor a name.
        ModelUnknownError: no model has that name.
        SettingsError: the environment's settings are unusable.
    """
    check_client(client)
    settings = settings or load_settings()
    store = store or variable_store(settings)
    dependencies = Dependencies(
        client=client_maker(client, settings),
        sandbox=sandbox or DockerSandbox(policy_from(settings), store=store),
        store=store,
        calls=open_call_log(settings),
        files_folder=settings.files_dir,
        candidates=settings.candidates,
    )
    graph = StateGraph(AgentState, AgentContext, input_schema=AgentInput, output_schema=AgentOutput)
    forms = {
        "generate": forms_of(with_waits(_bound(generate, dependencies))),
        "execute": (_bound(execute, dependencies), _bound(aexecute, dependencies)),
        "analyze": forms_of(with_waits(_bound(analyze, dependencies))),
    }

    def end_execution(runtime: Runtime[AgentContext]) -> None:
        if runtime.execution_info is not None:
            dependencies.sandbox.stop(runtime.execution_info.task_id)

    for name, (node, anode) in forms.items():
        is_execution = name == "execute"
        sync = leavable(node, end_execution) if is_execution else leavable(node)
        retry = None if is_execution else RETRY
        graph.add_node(name, sync_and_async(sync, anode, name), retry_policy=retry)
    graph.add_node("decide", _bound(decide, dependencies))
    graph.add_edge(START, "generate")
    graph.add_edge("generate", "execute")
    graph.add_conditional_edges(
        "execute",
        sync_and_async(route_after_execute, aroute_after_execute, "route_after_execute"),
        {"generate": "generate", "analyze": "analyze"},
    )
    graph.add_edge("analyze", "decide")
    graph.add_conditional_edges(
        "decide",
        sync_and_async(route_after_decide, aroute_after_decide, "route_after_decide"),
        {"generate": "generate", "__end__": END},
    )
    saver = checkpointer if isinstance(checkpointer, BaseCheckpointSaver) else None
    compiled = AgentGraph.of(
        graph.compile(checkpointer=checkpointer, name=NAME), None if locked else saver
    )
    return compiled.with_config(SYNC_DURABILITY) if checkpointer else compiled


def _bound(node: Callable[..., Any], dependencies: Dependencies) -> Callable[..., Any]:
    """Bind what a node needs; LangGraph still reads the node's own signature."""
    return functools.update_wrapper(functools.partial(node, dependencies=dependencies), node)
