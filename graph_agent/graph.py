"""The graph: four nodes, one state, one way through."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.constants import END, START
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer, RetryPolicy

from graph_agent.models import create_client, is_transient
from graph_agent.settings import Settings, load_settings
from graph_agent.state import AgentInput, AgentOutput, AgentState
from nodes.analyze import analyze
from nodes.decide import decide, route_after_decide, route_after_generate
from nodes.execute import execute
from nodes.generate import generate
from sandbox import DockerSandbox, SandboxPolicy, VariableStore
from sandbox.protocol import Sandbox

RETRY = RetryPolicy(
    retry_on=is_transient,
    max_attempts=4,
    initial_interval=1.0,
    backoff_factor=2.0,
    max_interval=20.0,
)
"""The one retry layer around model calls; the clients' own are off."""

Graph = CompiledStateGraph[AgentState, None, AgentInput, AgentOutput]


def build_graph(
    client: BaseChatModel | str | None = None,
    checkpointer: Checkpointer = None,
    *,
    sandbox: Sandbox | None = None,
    store: VariableStore | None = None,
    settings: Settings | None = None,
) -> Graph:
    """Build and compile the graph; nothing is connected before it runs.

    Args:
        client: a chat model or a model's name; None: Gemini where the settings
            hold a key, else the local model.
        checkpointer: any LangGraph saver; None: no checkpoints.
        sandbox: runs the code; None: Docker with the settings' limits.
        store: holds the values; None: the one in the settings' state folder.
        settings: None: those of the environment.

    Raises:
        SettingsError: the environment's settings are unusable.
    """
    settings = settings or load_settings()
    store = store or VariableStore(settings.state_dir / "variables")
    sandbox = sandbox or DockerSandbox(policy_from(settings), store=store)
    the_client = lazy_client(client, settings)
    graph = StateGraph(AgentState, input_schema=AgentInput, output_schema=AgentOutput)
    graph.add_node(
        "generate",
        _bind(generate, client=the_client, sandbox=sandbox),
        retry_policy=RETRY,
    )
    graph.add_node("execute", _bind(execute, sandbox=sandbox, store=store))
    graph.add_node("analyze", _bind(analyze, client=the_client, store=store), retry_policy=RETRY)
    graph.add_node("decide", decide)
    graph.add_edge(START, "generate")
    graph.add_conditional_edges("generate", route_after_generate)
    graph.add_edge("execute", "analyze")
    graph.add_edge("analyze", "decide")
    graph.add_conditional_edges(
        "decide", route_after_decide, {"generate": "generate", "__end__": END}
    )
    compiled = graph.compile(checkpointer=checkpointer, name="codegen-agent")
    # A finished node must be on disk before the next one starts; the default may lose it.
    durable = compiled.with_config({"configurable": {"__pregel_durability": "sync"}})
    return durable if checkpointer else compiled


def policy_from(settings: Settings) -> SandboxPolicy:
    """Read the limits of a run from the settings."""
    return SandboxPolicy(
        timeout_s=settings.timeout_s, memory=settings.memory, runtime=settings.runtime
    )


def lazy_client(
    client: BaseChatModel | str | None, settings: Settings
) -> Callable[[], BaseChatModel]:
    """Put off making the model's client, whose libraries are slow to load, to its first use."""
    if isinstance(client, BaseChatModel):
        return lambda: client
    return functools.cache(lambda: client_from(client, settings))


def client_from(model: BaseChatModel | str | None, settings: Settings) -> BaseChatModel:
    """Make the client for a model's name, with the settings' key and limits.

    Raises:
        ModelSetupError: unknown model, no key, or a package or weights missing.
    """
    return create_client(
        model or settings.model,
        api_key=settings.gemini_api_key,
        timeout_s=settings.model_timeout_s,
        cache_dir=settings.cache_dir,
        model_path=settings.local_model_path,
    )


def _bind(node: Callable[..., dict[str, Any]], **needs: object) -> Any:
    """Bind what a node needs, keeping the signature LangGraph looks at."""
    return functools.update_wrapper(functools.partial(node, **needs), node)
