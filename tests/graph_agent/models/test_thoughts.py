"""Thoughts before an answer, and the same tags inside it."""

from __future__ import annotations

import pytest

from graph_agent.models.replies import json_objects
from graph_agent.models.thoughts import without_thought

FENCE = "```python\nx = 1\n```"


@pytest.mark.parametrize(
    "text",
    [
        f"<think>a</think>{FENCE}",
        f"\n <THINKING>\na\n</THINKING>{FENCE}",
        f"<reasoning>a</reasoning><think>b</think>{FENCE}",
        f"a\n</think>{FENCE}",
        f"```\ndraft\n```\n</think>\n{FENCE}",
        f"<think>```\n</think>\n```\nb</think>{FENCE}",
        f"<think>I match '</think>' here\n</think>{FENCE}",
        f"[THINK]a[/THINK]{FENCE}",
        f"◁think▷a◁/think▷{FENCE}",
        f"<|begin_of_thought|>a<|end_of_thought|>{FENCE}",
        f"<|channel|>analysis<|message|>a<|end|><|channel|>final<|message|>{FENCE}",
        f"<|im_start|>assistant\n{FENCE}<|im_end|>",
    ],
)
def test_a_thought_that_opens_the_answer_is_removed(text: str) -> None:
    assert without_thought(text).strip() == FENCE


@pytest.mark.parametrize(
    "text",
    [
        "s.replace(r'<think>.*?</think>', '')",
        "```python\nx = '<think>a</think>'\n```",
        '```python\nx = """\n</think>\n"""\n```',
        'x = """\n</think>\n"""',
        "The tag <think> opens it and </think> closes it.",
        '{"plan": "remove <think>.*?</think> from the answers"}',
        '{"plan": "remove\n</think>\nfrom the answers"}',
    ],
)
def test_the_same_tags_inside_the_answer_stay(text: str) -> None:
    assert without_thought(text) == text


def test_a_thought_without_an_end_leaves_nothing() -> None:
    assert without_thought("<think>I add") == ""


def test_json_keeps_the_tags_in_its_strings() -> None:
    text = '<think>{"a": 1}</think>{"plan": "cut <think>.*?</think> out"}'
    assert list(json_objects(text)) == [{"plan": "cut <think>.*?</think> out"}]
