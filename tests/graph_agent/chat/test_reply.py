"""The message that answers: its bounds, and what a parent's model may read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph_agent.chat import reply
from graph_agent.chat.reply import MAX_PICTURES, NAME, reply_to
from sandbox import VariableStore

PNG = b"\x89PNG" + b"x" * 96


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path)


def state(store: VariableStore, figures: int = 0, **more: Any) -> Any:
    png = {"sha256": store.put(PNG), "mime": "image/png", "width": 1, "height": 1}
    execution = {"outcome": "ok", "stdout": "canary", "figures": [png] * figures}
    analysis = {"success": True, "should_retry": False, "explanation": "It says canary."}
    attempt = {"number": 1, "code": "print(x)", "execution": execution, "analysis": analysis}
    return {"request": "Go", "success": True, "attempts": [attempt], **more}


def test_text_alone_is_a_text(store: VariableStore) -> None:
    message = reply_to(state(store), "r1", store, is_nested=False)
    assert (message.id, message.name, message.type) == ("r1", NAME, "ai")
    assert message.content == ("Answer: canary\n\n*Solved after 1 attempt, 0 model calls, 0.0 s.*")


def test_pictures_are_blocks_and_bounded(
    store: VariableStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = reply_to(state(store, 2), "r1", store, is_nested=False)
    assert [block["type"] for block in message.content] == ["text", "image", "image"]
    message = reply_to(state(store, MAX_PICTURES + 2), "r1", store, is_nested=False)
    assert len(message.content) == 1 + MAX_PICTURES
    assert "2 figures are too large for a message" in message.text
    monkeypatch.setattr(reply, "MAX_PICTURE_BYTES", 150)
    message = reply_to(state(store, 2), "r1", store, is_nested=False)
    assert len(message.content) == 2
    assert "1 figure is too large" in message.text


def test_in_a_parent_the_content_is_text(store: VariableStore) -> None:
    message = reply_to(state(store, 2), "r1", store, is_nested=True)
    assert message.content.startswith("Answer: canary")
    assert [block["type"] for block in message.additional_kwargs["figures"]] == ["image"] * 2


@pytest.mark.parametrize("level", ["schema", "stats"])
def test_in_a_parent_the_level_counts(store: VariableStore, level: str) -> None:
    message = reply_to(state(store, 1, privacy=level), "r1", store, is_nested=True)
    assert "canary" not in str(message)
    assert "Solved after 1 attempt" in message.content
    assert message.additional_kwargs == {}
    alone = reply_to(state(store, 1, privacy=level), "r1", store, is_nested=False)
    assert "canary" in alone.text


def test_a_failure_says_why(store: VariableStore) -> None:
    given = state(store, success=False, reason="KeyError: *b*")
    message = reply_to(given, "r1", store, is_nested=False)
    assert message.content.startswith("Not solved: KeyError: \\*b\\*\n\n*")
    given = {"request": "Go", "success": False, "attempts": [], "privacy": "schema"}
    assert "No code was run" in reply_to(given, "r1", store, is_nested=True).content


def test_values_that_are_gone_are_no_error(store: VariableStore) -> None:
    given = state(store, 1)
    for blob in store.root.rglob("*"):
        if blob.is_file():
            blob.unlink()
    message = reply_to(given, "r1", store, is_nested=False)
    assert "can't be read any more" in message.content
