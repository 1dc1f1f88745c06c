"""Facts of a real container with something wrong put in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.security.guarantees import GUARANTEES
from sandbox.security.seen import Seen, Status

Spoil = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object]
"""Changes what was seen inside, the engine's view of the container, or facts of the engine."""


def status_of(guarantee: str, seen: Seen) -> Status:
    return next(found for found in GUARANTEES if found.id == guarantee).check(seen)[0]


def spoilt(seen: Seen, spoil: Spoil) -> Seen:
    inside, outside, engine = (
        copy.deepcopy(dict(part)) for part in (seen.inside, seen.outside, seen.engine)
    )
    spoil(inside, outside, engine)
    return replace(seen, inside=inside, outside=outside, engine=engine)
