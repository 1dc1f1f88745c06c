"""Summaries of any value: no value leaks, nothing raises, and everything is limited."""

from __future__ import annotations

import collections
import json
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from graph_agent.records import PrivacyLevel
from graph_agent.samples import load_tips
from graph_agent.summaries import VariableSummary, summarize
from tests.graph_agent.summaries.hostile_values import HOSTILE
from tests.graph_agent.summaries.values import CANARIES, CANARY, LEVELS, text


@pytest.mark.parametrize("level", ["schema", "stats"])
@pytest.mark.parametrize("kind", CANARIES)
def test_no_value_leaks_below_sample(kind: str, level: PrivacyLevel) -> None:
    value = CANARIES[kind]
    summary = text(value, level)
    assert CANARY not in summary
    assert "4711" not in summary, summary
    assert "raised" not in summary
    # The same rules hold for values inside other values.
    assert CANARY not in text([value], level)
    assert "4711" not in text({"key": value}, level)


WITHOUT_VALUES = {
    "polars lazy",
    "generator",
    "secret",
    "memoryview",
    "sparse",
    "masked array",
    "numbers",
    "class",
}


@pytest.mark.parametrize("kind", sorted(set(CANARIES) - WITHOUT_VALUES))
def test_samples_do_show_values(kind: str) -> None:
    # Otherwise the test above could pass because nothing was described.
    summary = text(CANARIES[kind])
    assert CANARY in summary or "4711" in summary or "2119" in summary


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", CANARIES)
def test_every_kind_makes_a_bounded_json_record(kind: str, level: PrivacyLevel) -> None:
    for max_chars in (40, 300, 2_000):
        summary = summarize("v", CANARIES[kind], level=level, max_chars=max_chars)
        assert len(summary.text) <= max_chars
        assert summary.text.startswith("v: ")
        assert VariableSummary.model_validate(json.loads(summary.model_dump_json())) == summary


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_summarizing_never_raises(kind: str, level: PrivacyLevel) -> None:
    summary = summarize("v", HOSTILE[kind], level=level)
    assert CANARY not in summary.text  # not in an exception's message either
    assert "\x1b" not in summary.text
    assert summary.model_dump_json()


def test_nothing_is_consumed_changed_or_run() -> None:
    ran: list[str] = []

    class Lazy:
        @property
        def value(self) -> int:
            ran.append("value")
            return 1

        def __getattr__(self, name: str) -> int:
            ran.append(name)
            return 1

    def numbers() -> Iterator[int]:
        ran.append("generator")
        yield 1

    generator = numbers()
    iterator = iter([1, 2])
    defaulting: collections.defaultdict[str, list[int]] = collections.defaultdict(list, a=[1])
    frame = load_tips()
    array = np.arange(10.0)
    array.flags.writeable = False
    for level in LEVELS:
        for value in (Lazy(), generator, iterator, defaulting, frame, array):
            summarize("v", value, level=level)
    assert ran == []
    assert list(generator) == [1]
    assert list(iterator) == [1, 2]
    assert defaulting == {"a": [1]}
    pd.testing.assert_frame_equal(frame, load_tips())


def test_huge_values_take_a_bounded_time() -> None:
    many = pd.DataFrame({"n": np.zeros(10_000_000), "m": np.zeros(10_000_000, "int8")})
    huge: list[object] = [
        many,
        np.broadcast_to(np.float64(1.5), (10**6, 10**6)),  # 8 TB if it were copied
        [0] * 10_000_000,
        range(10**12),
        "x" * 100_000_000,
        {"nested": ["y" * 10_000_000] * 1_000_000},
    ]
    started_s = time.process_time()
    texts = [text(value) for value in huge]
    assert time.process_time() - started_s < 15
    assert "(aggregates of the first 1,000,000 rows only)" in texts[0]
    assert "(aggregates of the first 1,000,000 values only)" in texts[1]
    assert all(len(summary) <= 2_000 for summary in texts)
