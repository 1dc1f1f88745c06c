"""What a new run starts with, and which input is refused."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from graph_agent.context import AgentContext, RunView, TaskRef
from graph_agent.errors import RequestError
from graph_agent.models import CallLog
from nodes.dependencies import Dependencies
from nodes.intake import initial_state
from sandbox import VariableStore
from tests.benchmarks.instant import InstantSandbox
from tests.scripted_model import ScriptedModel


@pytest.fixture
def dependencies(tmp_path: Path) -> Dependencies:
    return Dependencies(
        client=lambda _: ScriptedModel(),
        sandbox=InstantSandbox(),  # type: ignore[arg-type]  # nothing stops it
        store=VariableStore(tmp_path / "variables"),
        calls=CallLog(tmp_path / "calls"),
    )


def started(
    dependencies: Dependencies, context: AgentContext | None = None, **state: Any
) -> dict[str, Any]:
    given: Any = {"request": "Add it up", **state}
    return initial_state(
        RunView(given, context), TaskRef("generate", None, "task"), {}, dependencies
    )


def test_a_new_run_forgets_the_earlier_one(dependencies: Dependencies) -> None:
    update = started(dependencies, attempts=[{"number": 1}], success=True, spent_s=9.0)
    assert (update["attempts"], update["usage"], update["spent_s"]) == ([], {}, 0.0)
    assert (update["success"], update["code"], update["stopped_by"]) == (False, "", None)


def test_options_are_settled(dependencies: Dependencies) -> None:
    context = AgentContext(max_attempts=5, privacy="schema")
    update = started(dependencies, context, privacy="stats", budget={"tokens": 9})
    assert (update["max_attempts"], update["budget"]) == (5, {"tokens": 9})
    assert (update["privacy"], update["approve"]) == ("schema", "never")


def test_a_summary_shows_no_more_than_the_level_allows(dependencies: Dependencies) -> None:
    shown = {"name": "n", "type": "int", "text": "n: int = 42", "level": "sample"}
    kept = {"name": "m", "type": "int", "text": "m: int", "level": "schema"}
    update = started(dependencies, privacy="stats", summaries=[shown, kept])
    assert update["summaries"] == [{**shown, "text": "n: int", "level": "stats"}, kept]


def test_files_become_variables(dependencies: Dependencies) -> None:
    content = base64.b64encode(b"[1, 2]").decode()
    file = {"name": "words", "content": content, "file_name": "words.json"}
    update = started(dependencies, files=[file])
    assert [variable["name"] for variable in update["variables"]["variables"]] == ["words"]
    assert [summary["name"] for summary in update["summaries"]] == ["words"]
    assert update["files"] == []


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("request", " ", "request"),
        ("budget", [1], "budget"),
        ("budget", {"tokens": -1}, "tokens"),
        ("variables", "tips", "variables"),
        ("summaries", {"a": 1}, "summaries"),
        ("earlier", {"a": 1}, "earlier"),
        ("earlier", [{"request": "x", "more": 1}], "earlier"),
        ("privacy", "none", "privacy"),
        ("approve", "sometimes", "approve"),
        ("skip_rules", ["no_such_rule"], "no_such_rule"),
        ("checks", "assert (", "checks"),
    ],
)
def test_unusable_input_is_refused_by_name(
    dependencies: Dependencies, field: str, value: object, named: str
) -> None:
    with pytest.raises(RequestError, match=named):
        started(dependencies, **{field: value})


def test_a_person_can_only_be_asked_with_a_checkpointer(dependencies: Dependencies) -> None:
    with pytest.raises(RequestError, match="checkpointer"):
        started(dependencies, approve="always")
