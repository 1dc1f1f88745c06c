"""Suites, and samples of them."""

from __future__ import annotations

from collections import Counter

import pytest

from graph_agent.errors import RequestError
from graph_agent.evaluation.suite import Suite, sampled
from tests.graph_agent.evaluation.small_suites import question

MANY = Suite(
    "many",
    tuple(question(f"{kind}{number}", category=kind) for kind in "aab" for number in range(10))[10:]
    + tuple(question(f"c{number}", category="c") for number in range(5)),
)


def test_a_sample_keeps_the_share_of_each_category() -> None:
    sample = sampled(MANY, 10, seed=7)
    assert Counter(each.category for each in sample.questions) == {"a": 4, "b": 4, "c": 2}
    places = [MANY.questions.index(each) for each in sample.questions]
    assert places == sorted(places)


def test_the_seed_decides_the_sample() -> None:
    assert sampled(MANY, 10, seed=7) == sampled(MANY, 10, seed=7)
    samples = [sampled(MANY, 10, seed=seed) for seed in range(5)]
    assert any(sample != samples[0] for sample in samples)


@pytest.mark.parametrize("limit", range(1, 26))
def test_a_sample_has_the_size_that_was_asked_for(limit: int) -> None:
    assert len(sampled(MANY, limit, seed=0).questions) == limit


def test_no_limit_or_a_large_one_is_the_whole_suite() -> None:
    assert sampled(MANY, None, 0) is MANY
    assert sampled(MANY, 1000, 0) is MANY
    with pytest.raises(RequestError, match="limit"):
        sampled(MANY, 0, 0)


def test_unusable_suites() -> None:
    with pytest.raises(RequestError, match="no questions"):
        Suite("empty", ())
    with pytest.raises(RequestError, match="'q'"):
        Suite("twice", (question("q"), question("q")))


def test_the_digest_is_of_what_is_asked_and_how_it_is_judged() -> None:
    first = question("q")
    assert first.digest == question("q", reference="other = 1").digest
    assert first.digest != question("q", answer=5).digest
    assert first.digest != question("q", request="Something else").digest
