"""The graph: four nodes, one state, one way through."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from langchain_core.language_models import BaseChatModel
from langgraph.constants import END, START
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer, RetryPolicy
from langgraph.utils.runnable import RunnableCallable  # type: ignore[attr-defined]  # no __all__

from graph_agent.context import AgentContext
from graph_agent.models import AnswerCache, CallJournal, create_client, is_transient
from graph_agent.records import Json
from graph_agent.settings import Settings, load_settings
from graph_agent.state import AgentInput, AgentOutput, AgentState
from graph_agent.tracing import privately_traced
from nodes.analyze import aanalyze, analyze
from nodes.decide import adecide, decide, route_after_decide, route_after_generate
from nodes.execute import aexecute, execute
from nodes.generate import agenerate, generate
from nodes.needs import Needs
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

Graph = CompiledStateGraph[AgentState, AgentContext, AgentInput, AgentOutput]


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
    needs = Needs(
        client=client_maker(client, settings),
        sandbox=sandbox or DockerSandbox(policy_from(settings), store=store),
        store=store,
        journal=CallJournal(settings.state_dir / "calls"),
        files_folder=settings.files_dir,
        cache=AnswerCache(settings.answers_dir) if settings.model_cache else None,
    )
    graph = StateGraph(AgentState, AgentContext, input_schema=AgentInput, output_schema=AgentOutput)
    graph.add_node("generate", _both(generate, agenerate, needs=needs), retry_policy=RETRY)
    graph.add_node("execute", _both(execute, aexecute, needs=needs))
    graph.add_node("analyze", _both(analyze, aanalyze, needs=needs), retry_policy=RETRY)
    graph.add_node("decide", _both(decide, adecide))
    graph.add_edge(START, "generate")
    graph.add_conditional_edges("generate", route_after_generate)
    graph.add_edge("execute", "analyze")
    graph.add_edge("analyze", "decide")
    graph.add_conditional_edges(
        "decide", route_after_decide, {"generate": "generate", "__end__": END}
    )
    compiled = privately_traced(graph.compile(checkpointer=checkpointer, name="codegen-agent"))
    # A finished node must be on disk before the next one starts; the default may lose it.
    durable = compiled.with_config({"configurable": {"__pregel_durability": "sync"}})
    return durable if checkpointer else compiled


def policy_from(settings: Settings) -> SandboxPolicy:
    """Read the limits of a run from the settings."""
    return SandboxPolicy(
        timeout_s=settings.timeout_s, memory=settings.memory, runtime=settings.runtime
    )


def client_maker(
    client: BaseChatModel | str | None, settings: Settings
) -> Callable[[str | None], BaseChatModel]:
    """Return what makes the client for a name, or the graph's own for None, when first needed.

    The libraries behind it are slow to load.
    """
    made = functools.cache(lambda name: client_from(name, settings))
    return lambda name: made(name) if name else client_of(client, made)


def client_of(
    client: BaseChatModel | str | None, made: Callable[[str | None], BaseChatModel]
) -> BaseChatModel:
    """Return a client as it is, and make the one for a name."""
    return client if isinstance(client, BaseChatModel) else made(client)


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


def _both(
    node: Callable[..., Json], anode: Callable[..., Awaitable[Json]], **needs: object
) -> RunnableCallable:
    """Make one node of its two forms, for ``invoke`` and ``ainvoke``, with what it needs."""
    # The signature is what LangGraph looks at to know what to pass.
    bound, abound = (
        functools.update_wrapper(functools.partial(one, **needs), one) for one in (node, anode)
    )
    return RunnableCallable(bound, abound, name=node.__name__, trace=False)  # type: ignore[arg-type]  # a partial of it
