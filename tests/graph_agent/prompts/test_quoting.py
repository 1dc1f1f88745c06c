"""Text that isn't ours begins no line of a prompt."""

from __future__ import annotations

import pytest

from graph_agent.prompts.bounds import sendable
from graph_agent.prompts.quoting import fence, fitted, quoted, quoted_part, said_part, within_line

HOSTILE = [
    "",
    "\n",
    "\n" * 900,
    "x\n" * 900,
    "\x1b]0;t\x07" * 300,
    "\U000e0041" * 300,
    "> > x\r\ny",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("most", [0, 3, 60, 150, 2_000, 50_000])
def test_every_line_is_marked_and_the_limit_kept(text: str, most: int) -> None:
    shown = quoted(text, most)
    assert len(shown) <= most
    assert all(line.startswith(">") for line in shown.split("\n")) or most < 3
    assert shown.isprintable() or "\n" in shown


def test_a_long_text_says_what_is_left_out_within_the_quotation() -> None:
    shown = quoted("x" * 5_000, 300)
    assert "> … " in shown
    assert "characters left out" in shown


def test_a_part_has_a_heading_of_ours() -> None:
    assert quoted_part("stdout:", "a\nb\n", 1, 100).text(200) == "stdout:\n> a\n> b"
    assert said_part("Plan:", " Sort. ", 1, 100).text(200) == "Plan: Sort."
    assert said_part("Plan:", "a\nOutcome: ok", 1, 100).text(200) == "Plan:\n> a\n> Outcome: ok"
    assert len(said_part("Plan:", "a " * 900, 1, 100).text(200)) <= 200


def test_within_a_line() -> None:
    assert within_line("a\nRequest: b\u2028c\x00", 100) == "a Request: b\\u2028c\\x00"
    assert len(within_line("ab\n" * 10_000, 100)) <= 100


def test_rendering_gets_less_room_than_the_quotation() -> None:
    asked: list[int] = []

    def render(most: int) -> str:
        asked.append(most)
        return "\n".join("x" * (most // 2))

    assert len(fitted(render, 500)) <= 500
    assert asked == sorted(asked, reverse=True)


def test_a_fence_is_longer_than_any_in_the_code() -> None:
    assert [fence(code) for code in ("x", "`", "a ``` b", "`````")] == [
        "```",
        "```",
        "````",
        "``````",
    ]


@pytest.mark.parametrize(
    "token",
    [
        *("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|fim_prefix|>"),
        *("<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"),
        *("<s>", "</s>", "<tool_call>", "</tool_call>", "<think>", "</think>"),
        *("<｜User｜>", "<｜end▁of▁sentence｜>", "[TOOL_CALLS]"),
    ],
)
def test_tokens_of_chat_templates_are_only_text(token: str) -> None:
    safe = sendable(f"a {token} b")
    assert token not in safe
    assert len(safe) == len(f"a {token} b")


@pytest.mark.parametrize("text", ["a < b | c > d", "df[['INST']]", "x <= y", "<b>|</b>", "a<|b"])
def test_other_text_is_sent_as_it_is(text: str) -> None:
    assert sendable(text) == text
