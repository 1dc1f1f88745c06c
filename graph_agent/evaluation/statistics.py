"""Intervals and a test for shares of questions."""

from __future__ import annotations

import math

__all__ = ["Z_95", "mcnemar_p", "paired_interval", "wilson"]

Z_95 = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


def wilson(count: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); (0, 1) without any case."""
    if total == 0:
        return 0.0, 1.0
    share, squared = count / total, Z_95**2
    centre = share + squared / (2 * total)
    spread = Z_95 * math.sqrt(share * (1 - share) / total + squared / (4 * total**2))
    divisor = 1 + squared / total
    return max(0.0, (centre - spread) / divisor), min(1.0, (centre + spread) / divisor)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of McNemar's test for the discordant pairs."""
    discordant = only_first + only_second
    smaller = min(only_first, only_second)
    tail: int = sum(math.comb(discordant, count) for count in range(smaller + 1))
    return float(min(1.0, 2 * tail / 2**discordant))


def paired_interval(
    both: int, only_first: int, only_second: int, neither: int
) -> tuple[float, float]:
    """Return the 95 % interval of the second share minus the first, on the same questions.

    Newcombe's method 10 (Statistics in Medicine 17, 1998, 2635-2650), from Wilson's intervals.
    """
    total = both + only_first + only_second + neither
    first, second = both + only_first, both + only_second
    low_1, high_1 = wilson(first, total)
    low_2, high_2 = wilson(second, total)
    share_1, share_2 = first / total, second / total
    phi = _correlation(both, only_first, only_second, neither)
    below, above = (share_2 - low_2, high_1 - share_1), (high_2 - share_2, share_1 - low_1)
    difference = share_2 - share_1
    return difference - _combined(*below, phi), difference + _combined(*above, phi)


def _combined(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(0.0, one**2 - 2 * phi * one * other + other**2))


def _correlation(both: int, only_first: int, only_second: int, neither: int) -> float:
    """Return Newcombe's phi, with his continuity correction."""
    total = both + only_first + only_second + neither
    margins = (
        (both + only_first)
        * (only_second + neither)
        * (both + only_second)
        * (only_first + neither)
    )
    if margins == 0:
        return 0.0
    product = both * neither - only_first * only_second
    if product > 0:
        product = max(product - total / 2, 0)  # type: ignore[assignment]  # a float
    return product / math.sqrt(margins)
