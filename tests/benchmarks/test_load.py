"""What is made of the figures of a load. test_benchmarks_run.py makes some requests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.load import KINDS, growth, latency, left, slope

LOOK = {**dict.fromkeys(KINDS, 2), "containers": 0, "rss bytes": 10**8, "disk bytes": 10**6}


def found(**changed: Any) -> dict[str, Any]:
    return {
        "seconds": [1.0] * 99 + [9.0],
        "busy_s": 50.0,
        "seen": [LOOK] * 3,
        "end": LOOK,
        **changed,
    }


def test_a_line_is_fitted() -> None:
    assert slope([5, 7, 9, 11]) == pytest.approx(2)


def test_percentiles_and_rate() -> None:
    (row,) = latency("load", found())
    assert row.ours == "1 s / 1 s / 1.08 s"
    assert row.ratio == "2 a second"


def test_memory_that_grows_is_a_missed_goal() -> None:
    flat = dict.fromkeys(LOOK, 0.0)
    for rss, met in ((1e6, True), (1e8, False)):
        rows = growth("load", found(), {**flat, "rss bytes": rss})
        assert [row.met for row in rows if row.goal] == [met]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_more_at_the_end_is_a_violation(kind: str) -> None:
    assert left(found()) == []
    assert len(left(found(end={**LOOK, kind: LOOK[kind] + 1}))) == 1


def test_containers_left_after_a_batch_are_a_violation() -> None:
    assert len(left(found(seen=[LOOK, {**LOOK, "containers": 3}, LOOK]))) == 1
