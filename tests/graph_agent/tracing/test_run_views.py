"""What of a run is sent to a tracer."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.tracing.run_views import LEVEL_KEY, permitted_run


def of_graph(level: str, **run: Any) -> dict[str, Any]:
    return {"run_type": "chain", "extra": {"metadata": {LEVEL_KEY: level}}, **run}


def test_a_run_outside_the_graph_is_unchanged() -> None:
    other = {"run_type": "chain", "inputs": {"x": 1}, "error": "E('x')", "extra": {"metadata": {}}}
    assert permitted_run(other) is other


def test_unknown_parts_are_not_sent() -> None:
    hidden = of_graph("sample", outputs={"new": "row00001x", "attempts": [{"code": 1}]}, inputs=[1])
    kept = permitted_run({**hidden, "serialized": {"kwargs": {"api_key": "x"}}, "attachments": {}})
    assert set(kept["outputs"]) == {"attempts"}
    assert isinstance(kept["outputs"]["attempts"], str)
    assert kept["inputs"] == {}
    assert not {"serialized", "attachments"} & set(kept)


def test_a_models_run_keeps_its_prompt() -> None:
    run = {**of_graph("schema", inputs={"messages": ["the prompt"]}), "run_type": "llm"}
    assert permitted_run(run)["inputs"] == {"messages": ["the prompt"]}


def test_metadata_of_the_caller_is_sent_only_at_sample() -> None:
    metadata = {"mine": "x", "langgraph_node": "execute", "thread_id": "t"}
    for level in ("sample", "stats"):
        given = of_graph(level, extra={"metadata": {**metadata, LEVEL_KEY: level}})
        kept = permitted_run(given)["extra"]["metadata"]
        assert ("mine" in kept) is (level == "sample")
        assert (kept["langgraph_node"], kept["thread_id"]) == ("execute", "t")


@pytest.mark.parametrize(
    ("level", "error", "sent"),
    [
        ("stats", "VariableError('row00001x')", "VariableError"),
        ("sample", "VariableError('row00001x')", "VariableError('row00001x')"),
        ("sample", "GraphInterrupt((Interrupt(value={'code': 'x = 1'}),))", "GraphInterrupt"),
    ],
)
def test_an_error_keeps_its_name_and_at_sample_its_message(
    level: str, error: str, sent: str
) -> None:
    text = f"{error}Traceback (most recent call last):\n  row00002x"
    assert permitted_run(of_graph(level, error=text))["error"] == sent
