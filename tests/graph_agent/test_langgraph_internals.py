"""Each of LangGraph's undocumented names, used the way the agent uses it."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict

from graph_agent.langgraph_internals import (
    SYNC_DURABILITY,
    continue_ids_after,
    first_id_at,
    input_values,
    is_checkpointed,
    is_inside_a_node,
    is_nested,
    questions_in,
    sync_and_async,
    waits_for_answer,
)

THREAD: Any = {"configurable": {"thread_id": "t"}}


class State(TypedDict, total=False):
    number: int
    seen: object


def compiled(node: Any, saver: Any = None) -> Any:
    return StateGraph(State).add_node("node", node).add_edge(START, "node").compile(saver)


@pytest.mark.parametrize("saver", [InMemorySaver(), None], ids=["saver", "none"])
def test_a_node_knows_whether_its_run_is_checkpointed(saver: Any) -> None:
    def node(state: State, config: RunnableConfig) -> State:
        return {"seen": is_checkpointed(config)}

    assert compiled(node, saver).invoke({"number": 1}, THREAD)["seen"] is (saver is not None)


def test_a_node_knows_whether_its_graph_is_in_another_one() -> None:
    def node(state: State, config: RunnableConfig, runtime: Runtime[None]) -> State:
        assert runtime.execution_info is not None
        nested = is_nested(runtime.execution_info.checkpoint_ns)
        return {"seen": (is_inside_a_node(config), nested)}

    inner = compiled(node)
    assert inner.invoke({"number": 1})["seen"] == (True, False)
    assert compiled(inner).invoke({"number": 1})["seen"] == (True, True)
    called = compiled(lambda state: {"seen": inner.invoke({"number": 1})["seen"]})
    assert called.invoke({"number": 1})["seen"] == (True, True)
    assert not is_inside_a_node(THREAD)


def test_the_first_checkpoint_holds_the_input_alone() -> None:
    def node(state: State) -> State:
        raise ZeroDivisionError

    saver = InMemorySaver()
    with pytest.raises(ZeroDivisionError):
        compiled(node, saver).invoke({"number": 1}, THREAD)
    *_, first = saver.list(THREAD)
    assert input_values(first.checkpoint["channel_values"]) == {"number": 1}
    assert input_values({"number": 2}) == {}


def test_a_waiting_run_is_recognized_by_its_pending_writes() -> None:
    def node(state: State) -> State:
        return {"seen": interrupt("Go on?")}

    saver = InMemorySaver()
    compiled(node, saver).invoke({"number": 1}, THREAD)
    last = saver.get_tuple(THREAD)
    assert last is not None
    assert waits_for_answer(last.pending_writes)
    assert questions_in(last.pending_writes) == ["Go on?"]
    assert not waits_for_answer(None)
    assert questions_in(None) == []


def test_a_finished_step_is_written_before_the_next_one_starts() -> None:
    saver, written = InMemorySaver(), []

    def second(state: State) -> State:
        written.append([saved.checkpoint["channel_values"] for saved in saver.list(THREAD)])
        return {}

    graph = StateGraph(State).add_node("first", lambda _: {"number": 7}).add_node("second", second)
    graph.add_edge(START, "first").add_edge("first", "second")
    graph.compile(saver).with_config(SYNC_DURABILITY).invoke({"number": 1}, THREAD)
    assert written[0][0]["number"] == 7


async def test_one_node_has_two_forms_and_is_passed_the_config() -> None:
    def run(state: State, config: RunnableConfig) -> State:
        return {"seen": ("run", config["configurable"]["thread_id"])}

    async def arun(state: State, config: RunnableConfig) -> State:
        return {"seen": ("arun", config["configurable"]["thread_id"])}

    graph = compiled(sync_and_async(run, arun, "node"))
    assert graph.invoke({}, THREAD)["seen"] == ("run", "t")
    assert (await graph.ainvoke({}, THREAD))["seen"] == ("arun", "t")


def test_ids_go_up_although_the_clock_was_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from langgraph.checkpoint.base import id as ids

    now_ns = time.time_ns()
    later = str(ids.uuid6())
    monkeypatch.setattr(ids, "_last_v6_timestamp", None)  # as in another process
    monkeypatch.setattr("time.time_ns", lambda: now_ns - 3 * 3600 * 10**9)
    assert str(ids.uuid6()) < later
    continue_ids_after(later)
    assert str(ids.uuid6()) > later
    continue_ids_after("no id")
    continue_ids_after(str(uuid.uuid4()))
    assert str(ids.uuid6()) > later


def test_ids_of_checkpoints_tell_when_they_were_saved() -> None:
    def node(state: State) -> State:
        return {}

    saver = InMemorySaver()
    before = first_id_at(datetime.now(UTC))
    time.sleep(0.01)  # ids have the clock's precision
    compiled(node, saver).invoke({"number": 1}, THREAD)
    time.sleep(0.01)
    after = first_id_at(datetime.now(UTC))
    ids = [saved.checkpoint["id"] for saved in saver.list(THREAD)]
    assert ids
    assert all(before < found < after for found in ids)
