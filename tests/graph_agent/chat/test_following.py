"""What a follow-up's input has of the run before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graph_agent.chat.carried import Carried
from graph_agent.chat.following import earlier_requests, put_together
from graph_agent.prompts.conversation import MAX_EARLIER_REQUESTS
from sandbox import VariableStore
from sandbox.variables.bundle import VariableBundle


def test_new_variables_come_after_carried_ones(tmp_path: Path) -> None:
    store = VariableStore(tmp_path)
    old, new = store.put_variables({"a": 1, "b": 2}), store.put_variables({"c": 3})
    named = [{"name": name, "type": "int", "text": name} for name in "abc"]
    carried = Carried([old], named[:2], {"f": "a function"})
    given: Any = {"variables": new.to_json(), "summaries": named[2:]}
    both = put_together(carried, given, store)
    assert both["summaries"] == named
    bundle = VariableBundle.from_json(both["variables"])
    assert [variable.name for variable in bundle.variables] == ["a", "b", "c"]
    assert bundle.unsendable == {"f": "a function"}


def test_nothing_and_nothing(tmp_path: Path) -> None:
    empty: Any = {"variables": VariableBundle("", "").to_json(), "summaries": []}
    both = put_together(Carried([], [], {}), empty, VariableStore(tmp_path))
    assert both["summaries"] == []
    assert VariableBundle.from_json(both["variables"]).variables == ()


def test_a_conversation_keeps_its_last_requests() -> None:
    state: Any = {"request": "First"}
    for number in range(MAX_EARLIER_REQUESTS + 2):
        attempts = [{"code": f"x = {number}"}]
        state = {
            "request": f"{number}",
            "attempts": attempts,
            "earlier": earlier_requests(state, "t"),
        }
    found = earlier_requests(state, "t")
    assert len(found) == MAX_EARLIER_REQUESTS
    assert (found[-1]["request"], found[-1]["code"]) == ("9", "x = 9")
    assert found[-1]["privacy"] == "sample"
