"""The order of the privacy levels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from graph_agent.records import PrivacyLevel

LEVELS: tuple[PrivacyLevel, ...] = get_args(PrivacyLevel)
"""From the one that lets least be told."""


def strictest(levels: Iterable[object]) -> PrivacyLevel:
    """Return the level that tells least of all that are given; ``schema`` if none is."""
    given = [LEVELS.index(one) if one in LEVELS else 0 for one in levels if one is not None]
    return LEVELS[min(given, default=0)]
