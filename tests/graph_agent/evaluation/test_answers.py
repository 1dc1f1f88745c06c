"""Answers compared as databench-eval 4.0.1 does; its verdicts on these were looked up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent.evaluation.answers import same_answer

SAME = [
    (True, "True", "boolean"),
    ("Yes", "True", "boolean"),
    (np.bool_(False), "no", "boolean"),
    ("'Rome'", "Rome", "category"),
    (pd.Timestamp("2020-01-01"), "Jan 1 2020", "category"),
    (3.141, "3.14", "number"),
    (np.float64(3), "3", "number"),
    ("$3.00", "3", "number"),
    ([2, 1.001], "[1.0, 2]", "list[number]"),
    (np.array([1.5, 2.5]), "[2.5, 1.5]", "list[number]"),
    (["b", "a"], "['a', 'b']", "list[category]"),
    (["a", "a", "b"], "['a', 'b', 'b']", "list[category]"),
    (pd.Series(["2020-01-01"]), "['Jan 1 2020']", "list[category]"),
    (None, "nan", "category"),
    (float("nan"), "", "number"),
]
OTHER = [
    (True, "False", "boolean"),
    (1, "True", "boolean"),
    ("rome", "Rome", "category"),
    (None, "Rome", "category"),
    (3.15, "3.14", "number"),
    ("three", "3", "number"),
    (float("inf"), "3", "number"),
    ([1, 2, 2], "[1, 2]", "list[number]"),
    (["x"], "[1]", "list[number]"),
    (["a"], "['a', 'b']", "list[category]"),
    (["A"], "['a']", "list[category]"),
]


@pytest.mark.parametrize(("answer", "expected", "kind"), SAME)
def test_the_same(answer: Any, expected: str, kind: str) -> None:
    assert same_answer(answer, expected, kind)


@pytest.mark.parametrize(("answer", "expected", "kind"), OTHER)
def test_another(answer: Any, expected: str, kind: str) -> None:
    assert not same_answer(answer, expected, kind)
