"""Shortening texts and parts to a limit."""

from __future__ import annotations

import pytest

from graph_agent.prompts.bounds import Part, clip, fit, sendable, shortened, text_part


@pytest.mark.parametrize("most", [0, 1, 10, 59, 60, 100, 399, 500, 999, 1_000, 5_000])
@pytest.mark.parametrize("keep", [None, 0, 500, 999])
def test_clip_stays_within_its_limit_and_says_how_much_it_cut(most: int, keep: int | None) -> None:
    text = "".join(str(index % 10) for index in range(1_000))
    clipped = clip(text, most, keep)
    assert len(clipped) <= most
    assert (clipped == text) is (most >= 1_000)
    if 60 <= most < 1_000:
        lines = clipped.split("\n")
        cut = sum(int(line.split()[1]) for line in lines if line.startswith("… "))
        kept = sum(len(line) for line in lines if not line.startswith("… "))
        assert cut + kept == 1_000


def test_least_important_part_is_shortened_first() -> None:
    parts = [
        text_part("X" * 2_000, 0, 5_000),
        text_part("Y" * 2_000, 2, 5_000),
        text_part("Z" * 2_000, 1, 5_000),
    ]
    assert fit(parts, 7_000).count("X") == 2_000
    text = fit(parts, 4_900)
    counts = [text.count(letter) for letter in "XYZ"]
    assert counts[0] == 2_000
    assert counts[2] == 2_000
    assert counts[1] < 900
    for most in (4_000, 2_000, 800, 500):
        assert len(fit(parts, most)) <= most


def test_a_label_counts_and_stays() -> None:
    parts = [Part(lambda most: "r" * most, 1, 300, label="Rendered:\n")]
    assert [len(text) for text in shortened(parts, 1_000)] == [300]
    (text,) = shortened([text_part("t" * 900, 1, 800, label="Text:\n")], 400)
    assert text.startswith("Text:\nt")
    assert "characters left out" in text
    assert len(text) <= 400


def test_an_empty_part_leaves_no_gap() -> None:
    parts = [text_part("one", 0, 10), text_part("", 0, 10), text_part("two", 0, 10)]
    assert fit(parts, 100) == "one\n\ntwo"


def test_only_lone_surrogates_are_replaced() -> None:
    assert sendable("é🎉\ud83d") == "é🎉?"
