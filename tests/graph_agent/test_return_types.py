"""Types of returned variables: described as JSON, compared with values of many kinds."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NamedTuple, Optional

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel

from graph_agent import CodeGenerationRequest
from graph_agent.errors import RequestError
from graph_agent.return_types import described, in_words, mismatch


class Order(BaseModel):
    number: int
    total: float
    note: str | None = None


class Row(NamedTuple):
    number: int
    total: float


FITTING: list[tuple[Any, Any]] = [
    (bool, True),
    (bool, np.True_),
    (int, 3),
    (int, np.int64(3)),
    (float, 0.5),
    (float, 3),
    (float, np.float32(1)),
    (str, "a"),
    (None, None),
    (Optional[int], None),  # noqa: UP045  # the old form is one of the cases
    (float | None, 1.5),
    (list, []),
    (list[int], [1, 2]),
    (list[list[str]], [["a"], []]),
    (tuple[int, str], (1, "a")),
    (tuple[int, ...], (1, 2, 3)),
    (dict[str, float], {"a": 1}),
    (set[str], {"a"}),
    (Sequence[int], (1, 2)),
    (Annotated[int, "cents"], 1),
    (Literal["high", "low"], "low"),
    (Literal[1, 2], 2),
    (Any, object()),
    (pd.DataFrame, pd.DataFrame({"a": [1]})),
    (pd.Series, pd.Series([1])),
    (pd.Index, pd.MultiIndex.from_tuples([(1, 2)])),
    (np.ndarray, np.zeros(2)),
    (np.floating, np.float64(1)),
    (pd.Timestamp, pd.Timestamp(0)),
    (dt.datetime, pd.Timestamp(0)),
    (dt.date, dt.date(2024, 1, 1)),
    (Order, {"number": 1, "total": 2.5}),
    (Order, Row(1, 2.0)),
    (Order, SimpleNamespace(number=1, total=2.0, note="x")),
    (list[Order], [{"number": 1, "total": 2}]),
    (pd.DataFrame | pd.Series, pd.Series([1])),
]
OTHER: list[tuple[Any, Any]] = [
    (bool, 0.6),
    (bool, 1),
    (bool, "yes"),
    (int, True),
    (int, 3.0),
    (float, "3"),
    (float, False),
    (str, 3),
    (list, pd.Series([1])),
    (list, np.array([1])),
    (list[int], [1, "a"]),
    (tuple[int, str], (1, "a", 2)),
    (tuple[int, str], ("a", 1)),
    (dict[str, float], {1: 1.0}),
    (dict[str, float], {"a": "b"}),
    (Literal["high", "low"], "middle"),
    (Literal[1], True),
    (pd.DataFrame, pd.Series([1])),
    (pd.Series, [1]),
    (Order, {"number": 1}),
    (Order, {"number": 1, "total": "much"}),
    (Order, 3),
    (Order, SimpleNamespace(_asdict=3)),
    (int | None, "a"),
]


@pytest.mark.parametrize(("kind", "value"), FITTING)
def test_a_value_of_the_type(kind: Any, value: Any) -> None:
    wanted = json.loads(json.dumps(described(kind)))
    assert mismatch(value, wanted) == ""
    assert in_words(wanted)


@pytest.mark.parametrize(("kind", "value"), OTHER)
def test_a_value_of_another_type(kind: Any, value: Any) -> None:
    assert mismatch(value, json.loads(json.dumps(described(kind))))


def test_the_words_say_what_to_do_and_show_no_value() -> None:
    assert mismatch(0.6, described(bool)) == "is a float, not a bool; assign True or False"
    secret = mismatch(["a secret"], described(list[int]))
    assert "secret" not in secret
    assert "a str, not an int" in secret


@pytest.mark.parametrize("kind", [3, "bool", [bool], lambda: 1, Literal[b"x"]])
def test_what_is_no_type_is_refused(kind: Any) -> None:
    with pytest.raises(RequestError, match="returns"):
        CodeGenerationRequest("Is it?", returns={"answer": kind})


def test_the_input_holds_names_and_types() -> None:
    given = CodeGenerationRequest("Is it?", returns={"answer": bool, "why": Any}).to_input()
    assert given["returns"] == ["answer", "why"]
    assert given["return_types"] == {"answer": {"class": "builtins.bool"}, "why": {}}
    assert CodeGenerationRequest("Is it?", returns=["a"]).to_input()["return_types"] == {}
