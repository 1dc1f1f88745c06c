"""Lists that don't fit say what they leave out."""

from __future__ import annotations

from graph_agent.prompts.bounds import described, first_line, listed


def test_lists_count_what_they_leave_out() -> None:
    items = [f"item_{index}" for index in range(1_000)]
    text = listed(items, 200)
    assert len(text) <= 200
    shown = text.count("item_")
    assert text.endswith(f"… and {1_000 - shown} more")
    assert shown > 10


def test_full_texts_come_first_then_lines_then_a_count() -> None:
    items = [f"item_{index}" for index in range(1_000)]
    texts = [f"{item}: head\n{'long ' * 100}" for item in items]
    text = described(texts, [f"{item}: head" for item in items], {999}, 5_000, "\n")
    assert len(text) <= 5_000
    assert text.index("item_999: head\nlong") > text.index("item_0: head\nlong")
    assert text.endswith(" more")


def test_everything_that_fits_is_unchanged() -> None:
    assert listed(["a", "b"], 4) == "a, b"
    assert described(["a\nb", "c"], ["a", "c"], set(), 100, "\n\n") == "a\nb\n\nc"


def test_first_line() -> None:
    assert first_line("df: DataFrame\n  'a': int64") == "df: DataFrame"
    assert len(first_line("x" * 1_000)) <= 200
