"""What was sent to the model, as text."""

from __future__ import annotations

from pathlib import Path

from graph_agent.config.settings import Settings
from graph_agent.models.sent import sent_messages, text_of


def test_a_run_without_calls_sent_nothing(settings: Settings) -> None:
    assert sent_messages(settings, "nowhere") == []


def test_a_log_that_cannot_be_read_is_no_error(settings: Settings) -> None:
    path = Path(settings.state_dir, "calls", "calls.sqlite")
    path.parent.mkdir(parents=True)
    path.write_text("no database")
    assert sent_messages(settings, "t") == []


def test_pictures_are_named_by_type_and_size() -> None:
    picture = {"type": "image", "mime_type": "image/png", "data": "A" * 100}
    assert text_of("plain") == "plain"
    shown = text_of(["a", {"type": "text", "text": "b"}, picture])
    assert shown.startswith("a\nb\n[image/png, ")
    assert "AAAA" not in shown
