"""A person steers over the server's API: approves, edits, rejects, or forks a checkpoint."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gemini_server import Text
from tests.graph_agent.cli.command import containers_made
from tests.graph_agent.studio.conftest import Studio
from tests.scripted_model import fenced, verdict

ONE, TWO = Text(fenced("x = 1")), Text(fenced("x = 2"))
GOOD = Text(verdict(True))
ASK = {"request": "Set x", "approve": "always"}


def waiting(studio: Studio, thread: str) -> dict[str, Any]:
    """Return the only question of a waiting thread."""
    state: Any = studio.client.threads.get_state(thread)
    (interrupt,) = state["interrupts"] or [
        interrupt for task in state["tasks"] for interrupt in task["interrupts"]
    ]
    assert state["next"] == ["execute"]
    found: dict[str, Any] = interrupt
    return found


def asked(studio: Studio, replies: list[Any]) -> str:
    """Start a run that stops at its question."""
    thread = studio.thread()
    before = containers_made(studio.server.pid)
    studio.run(thread, replies, input=ASK)
    assert studio.client.threads.get(thread)["status"] == "interrupted"
    assert containers_made(studio.server.pid) <= before + 1  # one is prepared, none has run code
    return thread


def test_the_question_has_the_code_and_the_answer_schema(studio: Studio) -> None:
    thread = asked(studio, [ONE])
    question = waiting(studio, thread)
    assert question["value"]["code"] == "x = 1"
    assert question["value"]["answers"] == ["approve", "edit", "reject"]
    schema = question.get("response_schema") or question["value"].get("response_schema")
    assert set(schema["properties"]) == {"decision", "code", "words"}


@pytest.mark.parametrize("answer", ["approve", True, {"decision": "approve"}])
def test_approved_code_runs(studio: Studio, answer: Any) -> None:
    thread = asked(studio, [ONE])
    out = studio.run(thread, [GOOD], command={"resume": answer})
    assert out["success"] is True
    assert out["attempts"][0]["review"]["decision"] == "approve"


def test_edited_code_runs_instead(studio: Studio) -> None:
    thread = asked(studio, [ONE])
    answer = {"decision": "edit", "code": "x = 41 + 1"}
    out = studio.run(thread, [GOOD], command={"resume": answer})
    assert out["code"].endswith("x = 41 + 1\n")
    assert out["attempts"][0]["review"]["written"] == "x = 1"
    assert "42" in out["attempts"][0]["execution"]["variables"][0]["summary"]


def test_the_model_sees_a_rejection_and_its_next_code_needs_approval(studio: Studio) -> None:
    thread = asked(studio, [ONE])
    answer = {"decision": "reject", "words": "two, please"}
    studio.run(thread, [TWO], command={"resume": answer})
    assert "two, please" in studio.gemini.requests[0].prompt
    question = waiting(studio, thread)["value"]
    assert question["attempt"] == 2
    assert "-x = 1" in question["diff"]
    out = studio.run(thread, [GOOD], command={"resume": "approve"})
    assert [attempt["execution"] is None for attempt in out["attempts"]] == [True, False]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("perhaps", "approve"),
        ({"decision": "edit"}, "edit"),
        ({"decision": "edit", "code": "x = ("}, "does not parse"),
        (7, "ApprovalAnswer"),
    ],
)
def test_a_bad_answer_leaves_the_question_open(studio: Studio, answer: Any, says: str) -> None:
    thread = asked(studio, [ONE])
    studio.run(thread, [], command={"resume": answer})
    asked_again = waiting(studio, thread)["value"]
    assert asked_again["code"] == "x = 1"
    assert says in asked_again["problem"]
    out = studio.run(thread, [GOOD], command={"resume": "approve"})
    assert out["success"] is True


def test_a_fork_from_an_earlier_checkpoint(studio: Studio) -> None:
    thread = studio.thread()
    studio.run(
        thread,
        [Text(fenced("1 / 0")), Text(verdict(False)), TWO, GOOD],
        input={"request": "Set x to two"},
    )
    history: list[Any] = studio.client.threads.get_history(thread, limit=50)
    assert [snapshot["next"] for snapshot in history][::-1] == [
        ["__start__"],
        *([node] for _ in range(2) for node in ("generate", "execute", "analyze", "decide")),
        [],
    ]
    start = history[-2]
    updated = studio.client.threads.update_state(
        thread,
        {"request": "Set x to three"},
        checkpoint_id=start["checkpoint"]["checkpoint_id"],
        as_node="__start__",
    )
    out = studio.run(
        thread,
        [Text(fenced("x = 3")), GOOD],
        input=None,
        checkpoint_id=updated["checkpoint"]["checkpoint_id"],
    )
    assert out["request"] == "Set x to three"
    assert "Set x to three" in studio.gemini.requests[0].prompt
    assert [attempt["number"] for attempt in out["attempts"]] == [1]
    # The first run is still there.
    first = studio.client.threads.get_state(thread, checkpoint=history[0]["checkpoint"])
    assert first["values"]["request"] == "Set x to two"  # type: ignore[call-overload]  # a dict here


def test_a_fork_from_the_second_attempt(studio: Studio) -> None:
    thread = studio.thread()
    studio.run(
        thread,
        [Text(fenced("1 / 0")), Text(verdict(False)), TWO, GOOD],
        input={"request": "Set x"},
    )
    history: list[Any] = studio.client.threads.get_history(thread, limit=50)
    again = next(
        snapshot
        for snapshot in history
        if snapshot["next"] == ["generate"] and snapshot["values"]["attempts"]
    )
    out = studio.run(
        thread,
        [Text(fenced("x = 4")), GOOD],
        input=None,
        checkpoint_id=again["checkpoint"]["checkpoint_id"],
    )
    assert [attempt["code"] for attempt in out["attempts"]] == ["1 / 0", "x = 4"]
