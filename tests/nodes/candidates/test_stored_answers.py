"""Answers are compared in a child process, from what the store has of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent.records import Attempt, ExecutionRecord, ValueReference
from nodes.candidates.stored_answers import group_of, stored_answer
from sandbox import VariableStore
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import CODEC

Put = Callable[[object], ValueReference]


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path / "variables")


@pytest.fixture
def put(store: VariableStore) -> Put:
    def put(value: object) -> ValueReference:
        digest = store.put(b"".join(encode_value(value)))
        kind = type(value).__name__
        return ValueReference(name="x", type=kind, codec=CODEC, sha256=digest, summary="")

    return put


def test_equal_answers_have_one_group(store: VariableStore, put: Put) -> None:
    groups: Any = {0: put(41), 1: "42", 2: put({"a": [1, 2]}), 3: put(pd.Series([0.1, 0.2]))}
    for answer, expected in (
        (put(41), 0),
        (put(np.float64(41.0)), 0),
        ("42", 1),
        ({"x": put(1)}, None),
        (put({"a": np.array([1.0, 2.0])}), 2),
        (put([0.2, 0.1 + 1e-12]), 3),
        (put("43"), None),
    ):
        assert group_of(answer, groups, store, ordered=False) == expected
    assert group_of(put([0.2, 0.1]), groups, store, ordered=True) is None


def test_what_takes_too_much_differs_unless_its_bytes_are_equal(
    store: VariableStore, put: Put
) -> None:
    endless = [range(10**6)] * 1000
    groups: Any = {0: put([*endless, 1]), 1: put([*endless, 2])}
    assert group_of(put([*endless, 3]), groups, store, ordered=True) is None
    assert group_of(put([*endless, 2]), groups, store, ordered=True) == 1


def test_a_damaged_payload_differs(store: VariableStore, put: Put) -> None:
    damaged = put(1).model_copy(update={"sha256": store.put(b"damaged")})
    assert group_of(damaged, {0: put(1)}, store, ordered=True) is None


def test_the_answer_of_a_program(put: Put) -> None:
    def answer(state: Any = None, **found: Any) -> Any:
        record = ExecutionRecord(outcome="ok", **found)
        return stored_answer(state or {}, Attempt(number=1, code="", execution=record))

    value, shown = put(1), put(2)
    assert answer(variables=[value], display=shown, stdout="3") == shown
    assert answer(variables=[value], stdout="3") == value
    assert answer(stdout="3\n") == "3"
    assert answer({"returns": ["x"]}, variables=[value], display=shown) == value
    assert answer({"returns": ["x", "y"]}, variables=[value]) == {"x": value}
    assert answer(variables=[put(None)]) is None
    assert answer() is None
    assert stored_answer({}, Attempt(number=1, code="")) is None
