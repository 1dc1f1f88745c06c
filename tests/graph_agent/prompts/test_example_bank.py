"""Every example of the bank runs and gives what it should."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from graph_agent.prompts.example_bank import Example, bank
from tests.graph_agent.prompts.example_tables import ANSWERS, example_tables

NAMES = ("answer", "share", "monthly", "cleaned", "joined", "ax")
KINDS: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "number": (int, float, np.number),
    "label": (str,),
    "labels": (list,),
    "numbers": (list,),
}


def given(example: Example) -> Any:
    """Run an example and return its result."""
    mpl.use("agg")
    import matplotlib.pyplot as plt
    import seaborn as sns

    namespace: dict[str, Any] = {"pd": pd, "plt": plt, "sns": sns, **example_tables()}
    exec(example.code, namespace)
    plt.close("all")
    return next(namespace[name] for name in NAMES if name in namespace)


def plain(value: Any) -> Any:
    """Return a value in the form in which ``ANSWERS`` has it."""
    if isinstance(value, pd.DataFrame):
        return value.shape
    if isinstance(value, pd.Series):
        return value.to_dict()
    return value.get_title() if hasattr(value, "get_title") else value


@pytest.mark.parametrize("example", bank(), ids=lambda example: example.request)
def test_an_example_gives_its_answer(example: Example) -> None:
    value = given(example)
    expected = ANSWERS[example.request]
    is_text = isinstance(expected, (str, list, tuple))
    assert plain(value) == (expected if is_text else pytest.approx(expected, abs=1e-4))
    assert isinstance(value, KINDS.get(example.kind, object))
    if example.kind in ("labels", "numbers"):
        assert all(isinstance(item, str) is (example.kind == "labels") for item in value)


def test_it_is_a_bank_of_short_examples() -> None:
    requests = [example.request for example in bank()]
    assert len(requests) == len(set(requests)) >= 40
    assert set(requests) == set(ANSWERS)
    assert {example.kind for example in bank()} == {*KINDS, "other"}
    assert max(len(example.code.splitlines()) for example in bank()) <= 4
    assert max(len(example.request + example.code) for example in bank()) <= 300
