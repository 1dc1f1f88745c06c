"""Intervals and McNemar's test, against SciPy's and statsmodels' and a published example."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from graph_agent.evaluation.statistics import mcnemar_p, paired_interval, wilson


@pytest.mark.parametrize(("count", "total"), [(0, 20), (1, 7), (159, 257), (20, 20)])
def test_wilson(count: int, total: int) -> None:
    assert wilson(count, total) == pytest.approx(proportion_confint(count, total, method="wilson"))
    found = binomtest(count, total).proportion_ci(method="wilson")
    assert wilson(count, total) == pytest.approx((found.low, found.high), abs=1e-9)


def test_without_any_case_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (3, 9), (9, 3), (40, 61)])
def test_mcnemar(first: int, second: int) -> None:
    expected = mcnemar([[10, first], [second, 5]], exact=True).pvalue if first + second else 1.0
    assert mcnemar_p(first, second) == pytest.approx(expected)


def test_the_example_of_newcombe() -> None:
    # Table II of the paper: 36, 12, 2, 0; the difference there is the first share minus the second.
    low, high = paired_interval(36, 12, 2, 0)
    assert (-high, -low) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_exchanging_the_sides_mirrors_the_interval() -> None:
    low, high = paired_interval(20, 9, 3, 8)
    assert paired_interval(20, 3, 9, 8) == pytest.approx((-high, -low))
    assert paired_interval(5, 0, 0, 0)[0] < 0 < paired_interval(5, 0, 0, 0)[1]


def test_the_interval_covers_the_difference_in_95_of_100_cases() -> None:
    shares = np.array([0.45, 0.08, 0.2, 0.27])
    drawn = np.random.default_rng(0).multinomial(120, shares, size=2_000)
    intervals = [paired_interval(*map(int, counts)) for counts in drawn]
    covered = np.mean([low <= 0.12 <= high for low, high in intervals])
    assert 0.93 < covered < 0.98
