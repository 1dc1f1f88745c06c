"""Time zones, by offset or by a key of the time zone database."""

from __future__ import annotations

import datetime
import re
import zoneinfo

from sandbox.errors import PayloadError

from .checks import array, integer, malformed, text
from .reader import Reader

# No dots: the key becomes a path, and for the tzdata package part of a module's name.
_KEY = re.compile(r"[A-Za-z0-9_+\-]{1,32}(/[A-Za-z0-9_+\-]{1,32}){0,2}")


def decode_zone(_: Reader, node: object) -> datetime.tzinfo | None:
    """Decode a zone, or null for none.

    Raises:
        PayloadError: it is malformed, or this host does not know the zone.
    """
    if node is None:
        return None
    kind, *arguments = array(node)
    if kind == "utc" and not arguments:
        return datetime.UTC
    if kind == "offset":
        microseconds, name = arguments
        offset = datetime.timedelta(microseconds=integer(microseconds))
        return datetime.timezone(offset) if name is None else datetime.timezone(offset, text(name))
    if kind != "zone":
        raise malformed("unknown kind of time zone")
    (key,) = arguments
    if not _KEY.fullmatch(text(key)):
        raise malformed("a time zone key that is none")
    try:
        return zoneinfo.ZoneInfo(text(key))
    except zoneinfo.ZoneInfoNotFoundError:
        raise PayloadError(
            f"the time zone {key!r} is not known here; install it with: pip install tzdata"
        ) from None
