"""Functions, classes and modules."""

from __future__ import annotations

import functools

import numpy as np

from tests.graph_agent.summaries.values import ListOf, Point, text


def test_code_is_described_by_signature_and_docstring() -> None:
    def weigh(points: list[float], *, power: int = 2) -> float:
        """Weigh the points.

        At length.
        """
        return sum(points) ** power

    summary = text(weigh, "schema")
    assert "weigh(points: 'list[float]', *, power: 'int' = …) -> 'float'" in summary
    assert "Weigh the points." in summary
    assert "At length" not in summary
    assert "power: 'int' = 2" in text(weigh)
    assert "Point(label: 'str' = …" in text(Point, "schema")
    assert "norm()" in text(Point, "schema")
    assert "module numpy 2" in text(np, "schema")
    assert "call as (b)" in text(functools.partial(lambda a, b: a, 1), "schema")
    assert "print(" in text(print, "schema")


def test_a_class_names_its_base() -> None:
    assert "ListOf" in text(ListOf, "schema")
    assert "(subclass of list)" in text(ListOf, "schema")
