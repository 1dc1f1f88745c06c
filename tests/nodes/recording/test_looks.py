"""Looking at results takes bounded time and memory, and finds what it should."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from nodes.recording.recording import Looks
from sandbox.records import Figure, Payload
from sandbox.results.figure_formats import PNG
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import CODEC
from tests.resources_used import used
from tests.sandbox.results.costly_payloads import colliding_keys
from tests.sandbox.results.hostile_payloads import array_node, payload


def payload_of(value: Any) -> Payload:
    return Payload(CODEC, "kind", b"".join(encode_value(value)))


@pytest.mark.parametrize(
    ("value", "shown", "blank"),
    [
        (42, "42", None),
        ([], "list", "empty"),
        (pd.DataFrame({"a": [1.5, 2.5]}), "2 rows", None),
        (pd.DataFrame({"a": np.arange(100_000.0)}), "100,000 rows", None),
        (pd.Series(pd.period_range("2024", periods=3, freq="M")), "period", None),
        (pd.Series(pd.arrays.SparseArray([np.nan] * 3)), "Sparse", "all_missing"),
    ],
    ids=["scalar", "list", "small", "large", "periods", "sparse"],
)
def test_values_are_described_here_and_in_a_child(value: Any, shown: str, blank: Any) -> None:
    look = Looks("sample").at_value("v", payload_of(value), value)
    assert look.summary.startswith("v: ")
    assert shown in look.summary
    assert look.blank == blank


def test_the_level_holds_in_a_child() -> None:
    frame = pd.DataFrame({"a": ["secret"] * 100_000})
    assert "secret" not in Looks("schema").at_value("v", payload_of(frame), frame).summary


@pytest.mark.filterwarnings("ignore")
def test_values_that_stand_for_more_than_they_hold() -> None:
    endless = pd.RangeIndex(2**40)
    keys = colliding_keys(130_000)
    column = array_node("<i8", [len(keys) // 8])
    colliding = Payload(CODEC, "pandas.Index", payload(["pd.index", column, None, None], keys))
    with used() as found:
        looks = Looks("sample")
        first = looks.at_value("r", payload_of(endless), endless)
        second = looks.at_value("k", colliding, pd.Index([1]))
    assert first.summary.startswith("r: ")
    assert second.summary.startswith("k: ")
    assert found.grown_mb < 300
    assert found.cpu_s < 3


def test_without_time_left_only_the_type_is_told() -> None:
    looks = Looks("sample")
    looks._left_s = 0
    value = pd.Series(np.arange(100_000))
    assert "too large" in looks.at_value("v", payload_of(value), value).summary


@pytest.mark.parametrize("side", [100, 3_000])
def test_a_blank_figure_of_any_size(side: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(file, "PNG")
    assert Looks("sample").at_figure(Figure(file.getvalue(), PNG, side, side)) == "nothing"
