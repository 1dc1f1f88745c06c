"""Summaries of returned values are bounded, and say the same as those of given ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent.summaries import summarize
from graph_agent.summaries.payloads import summary_of
from sandbox.records import Payload
from sandbox.results.plain_payloads import is_small
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import CODEC
from tests.resources_used import used

VALUES: dict[str, Any] = {
    "scalar": 7,
    "small": pd.DataFrame({"a": [1, 2]}),
    "large": pd.DataFrame({"a": np.arange(50_000.0), "b": ["x"] * 50_000}),
    "periods": pd.period_range("2024", periods=3, freq="M"),
}


def payload_of(value: Any) -> Payload:
    return Payload(CODEC, "kind", b"".join(encode_value(value)))


@pytest.mark.parametrize("name", VALUES)
def test_the_same_words_here_and_in_a_child(name: str) -> None:
    payload, value = payload_of(VALUES[name]), VALUES[name]
    assert is_small(payload, value) == (name in ("scalar", "small"))
    assert summary_of("v", payload, value) == summarize("v", value).text
    strict = summary_of("v", payload, value, level="schema")
    assert strict == summarize("v", value, level="schema").text


def test_a_range_without_end() -> None:
    endless = pd.RangeIndex(2**40)
    with used() as found:
        assert summary_of("r", payload_of(endless), endless).startswith("r: ")
    assert found.grown_mb < 200
    assert found.cpu_s < 3


def test_what_can_not_be_described_has_its_type() -> None:
    assert summary_of("v", Payload(CODEC, "odd", b"x"), object()) == (
        "v: odd, too large to describe"
    )
