"""Ages such as ``30d``."""

from __future__ import annotations

import re
from datetime import timedelta

AGE = "a number with the unit s, m (minutes), h, d or w, such as '30d'"
_AGE = re.compile(r"(\d+(?:\.\d+)?) ?([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=36_500)


def parse_age(text: str) -> timedelta:
    """Read an age; one above a hundred years counts as a hundred.

    Raises:
        ValueError: it isn't one; the message says what is.
    """
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} must be {AGE}")
    try:
        return min(timedelta(**{_UNITS[match[2]]: float(match[1])}), _LONGEST)
    except OverflowError:
        return _LONGEST
