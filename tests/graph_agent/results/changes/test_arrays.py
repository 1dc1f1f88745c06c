"""Arrays: shape, type and elements."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graph_agent.results.changes import arrays
from graph_agent.results.changes.compare import compare

OLD = np.array([[1.0, 2.0], [np.nan, 4.0]])


@pytest.mark.parametrize(
    ("new", "facts"),
    [
        (OLD.copy(), []),
        (OLD[:1], ["shape: (2, 2) → (1, 2)"]),
        (np.nan_to_num(OLD), ["elements: 1 changed", "missing elements: 1 → 0"]),
        (OLD.astype("f4"), ["type: float64 → float32"]),
        (np.array(5), ["type: float64 → int64", "shape: (2, 2) → ()"]),
    ],
)
def test_what_differs(new: Any, facts: list[str]) -> None:
    assert list(compare("a", new, OLD).facts) == facts


def test_the_first_changed_elements_have_their_place() -> None:
    new = OLD.copy()
    new[1, 1] = 5
    (cell,) = compare("a", new, OLD).cells
    assert (cell.place, cell.old, cell.new) == ("[1, 1]", "4.0", "5.0")


@pytest.mark.parametrize("kind", ["M8[ns]", "O", "U3", "?", "c16", "i4,f4"])
def test_every_type_of_array(kind: str) -> None:
    array = np.zeros(3, dtype=kind)
    assert compare("a", array.copy(), array).kind == "unchanged"


def test_a_large_array_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "MAX_ELEMENTS", 100)
    change = compare("a", np.ones(1_000), np.zeros(1_000))
    assert change.facts == ["elements: 100 changed"]
    assert "100 of 1,000 elements" in change.sampled
