"""Which examples a request gets."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from graph_agent.prompts.example_bank import bank
from graph_agent.prompts.nearest_examples import (
    _TABLES,
    HEADING,
    SHOWN,
    examples_text,
    nearest_examples,
)
from graph_agent.return_types import described


def nearest(request: str, kind: Any) -> list[str]:
    kinds = {"answer": described(kind)}
    return [example.request for example in nearest_examples(request, kinds)]


@pytest.mark.parametrize(
    ("request_text", "kind", "expected"),
    [
        ("How many unique cities are there?", int, "How many different directors are there?"),
        ("What is the most frequent colour?", str, "What is the most common genre?"),
        ("Are any parcels without an address?", bool, "Are there plants whose family is missing"),
        ("Name the 4 least common colours", list[str], "Name the 2 least frequent genres."),
        ("List the 5 highest prices", list[float], "List the 3 highest ratings."),
        ("What percentage of parcels is late?", float, "What percentage of plants is evergreen?"),
    ],
)
def test_the_nearest_is_of_the_same_kind_and_of_like_words(
    request_text: str, kind: Any, expected: str
) -> None:
    assert any(found.startswith(expected) for found in nearest(request_text, kind))


@pytest.mark.parametrize("kind", [bool, int, float, str, list[int], list[float], list[str]])
def test_a_common_type_gets_examples_whatever_the_words(kind: Any) -> None:
    assert len(nearest("Zyx?", kind)) == SHOWN


def test_without_a_type_only_what_is_near_is_shown() -> None:
    assert nearest_examples("Zyx", {}) == []
    assert examples_text("Zyx", {}) == ""
    (first, *_) = nearest_examples("Bar chart of the number of orders by region", {})
    assert first.request == "Draw a bar chart of the number of films by genre"


def test_the_text_has_the_nearest_last_and_is_always_the_same() -> None:
    kinds = {"answer": described(int)}
    text = examples_text("How many different cities are there?", kinds, ["df", "other"])
    assert text.startswith(HEADING)
    assert text.endswith('answer = films["director"].nunique()')
    assert text == examples_text("How many different cities are there?", kinds, ["df", "other"])


def test_with_one_variable_the_examples_are_about_it() -> None:
    kinds = {"answer": described(int)}
    text = examples_text("How many different cities are there?", kinds, ["orders"])
    assert text.endswith('answer = orders["director"].nunique()')
    for example in bank():
        nodes = ast.walk(ast.parse(example.code))
        texts = [str(node.value) for node in nodes if isinstance(node, ast.Constant)]
        assert not any(map(_TABLES.search, texts))
