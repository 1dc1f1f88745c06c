"""The pieces of an answer that may be programs."""

from __future__ import annotations

import pytest

from graph_agent.prompts.answer_blocks import fenced_blocks, json_programs, tagged_blocks


@pytest.mark.parametrize(
    ("info", "kind"),
    [
        *(("python", "python"), ("Py", "python"), ("{python}", "python"), ("", "unnamed")),
        *(("text", "maybe"), ("json", "maybe"), ("bash", None), ("output", None), ("r", None)),
    ],
)
def test_the_language_of_a_fence(info: str, kind: str | None) -> None:
    kinds = [block.kind for block in fenced_blocks(f"```{info}\nx = 1\n```")]
    assert kinds == ([] if kind is None else [kind])


def test_blocks_come_in_order() -> None:
    text = "```python\na = 1\n```\nwords\n```\nb = 2\n``` and more\n~~~py\nc = 3\n~~~"
    assert [block.code.strip() for block in fenced_blocks(text)] == ["a = 1", "b = 2", "c = 3"]


def test_a_shorter_mark_closes_if_no_other_does() -> None:
    [block] = fenced_blocks("````python\nx = 1\n```")
    assert block.code.strip() == "x = 1"


@pytest.mark.parametrize("name", ["code", "python", "execute", "answer", "tool_code"])
def test_tags(name: str) -> None:
    assert [block.code for block in tagged_blocks(f"So:<{name}>x = 1</{name}>.")] == ["x = 1"]


@pytest.mark.parametrize(
    "text",
    [
        '{"code": "x = 1"}',
        '{"name": "run", "arguments": {"code": "x = 1"}}',
        '{"name": "run", "arguments": "{\\"code\\": \\"x = 1\\"}"}',
        '{"tool_calls": [{"function": {"name": "p", "arguments": "{\\"code\\": \\"x = 1\\"}"}}]}',
        '{"cells": [{"cell_type": "code", "source": ["x = 1"]}]}',
    ],
)
def test_json(text: str) -> None:
    assert list(json_programs(text)) == ["x = 1"]
