"""Whether text is numbers as programs write them, looked at byte by byte.

Regular expressions say the same, but take longer than reading the file.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

_DIGITS = b"0123456789-"
_CHECKED_CELLS = 5_000


def only_digits(texts: Any) -> bool:
    """Whether cells that Arrow reads as integers print back the same: no ``007``, no ``-0``."""
    return all(_is_plain(chunk, _DIGITS) for chunk in texts.chunks)


def only_digits_and_points(texts: Any) -> bool:
    """Whether cells that Arrow reads as floats have no leading zeros and no exponent."""
    return all(_is_plain(chunk, _DIGITS + b".") for chunk in texts.chunks)


def keep_their_digits(texts: Any) -> bool:
    """Whether floats keep the digits of these numbers; of very many long ones, a sample decides."""
    import numpy as np
    import pyarrow.compute as pc

    long = np.flatnonzero(pc.greater(pc.fill_null(pc.binary_length(texts), 0), 16).to_numpy())
    checked = long[:: max(1, len(long) // _CHECKED_CELLS)]
    return all(map(_keeps_digits, texts.take(checked).to_pylist()))


def _keeps_digits(text: str) -> bool:
    """Whether a float prints back to this number, also if it prints as many digits as asked."""
    exact, value = Decimal(text), float(text)
    if not exact.is_finite() or not exact or Decimal(repr(value)) == exact:
        return True
    digits = len(exact.as_tuple().digits)
    return digits > 16 and Decimal(f"{value:.{digits - 1}e}") == exact


def _is_plain(chunk: Any, allowed: bytes) -> bool:
    # Missing cells may still have their text in Arrow's buffer.
    return _has_plain_bytes(chunk, allowed) or (
        chunk.null_count > 0 and _has_plain_bytes(chunk.drop_null(), allowed)
    )


def _has_plain_bytes(chunk: Any, allowed: bytes) -> bool:
    """Whether an array of ``large_string`` has only these bytes, and no zero before a digit."""
    import numpy as np

    _, offsets, data = chunk.buffers()
    if data is None:
        return True
    ends = np.frombuffer(offsets, np.int64, len(chunk) + 1, 8 * chunk.offset)
    if data[int(ends[0]) : int(ends[-1])].to_pybytes().translate(None, allowed):
        return False
    first, ends = ends[:-1], ends[1:]
    first, ends = first[ends > first], ends[ends > first]
    text = np.frombuffer(data, np.uint8)
    signed = text[first] == ord("-")
    first = first + signed
    zero = np.flatnonzero(text[np.minimum(first, ends - 1)] == ord("0"))
    first, ends, signed = first[zero], ends[zero], signed[zero]
    more = ends > first + 1
    if b"." not in allowed and (more | signed).any():
        return False
    return not (text[first[more] + 1] != ord(".")).any()
