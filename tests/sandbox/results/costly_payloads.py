"""Small payloads whose decoding or use would take very long, or very much memory."""

from __future__ import annotations

import functools
import struct
from array import array
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa

from sandbox.runner.encode import encode_value
from tests.sandbox.results.hostile_payloads import ATTRS, array_node, nulls, payload, stream

ENDLESS_ROWS = ["pd.range", 0, 2**40, 1, None]
NO_COLUMNS = ["pd.range", 0, 0, 1, None]
ENDLESS_FRAME = payload(["pd.frame", ENDLESS_ROWS, NO_COLUMNS, [], ATTRS, True])
SPARSE_ROWS = 1_500_000_000
SPARSE_SERIES = payload(
    ["pd.series",
     ["pd.sparse", array_node("<i8", [1]), array_node("<i4", [1], 1), SPARSE_ROWS, 0, "integer"],
     ["pd.range", 0, SPARSE_ROWS, 1, None], "s", ATTRS, True],
    struct.pack("<q", 5), struct.pack("<i", 0),
)  # fmt: skip


def repeated_text() -> bytes:
    """Make a category of 1 MB in 2,000 rows: 2 GB as CSV."""
    codes = np.zeros(2_000, dtype="i1")
    return b"".join(encode_value(pd.Series(pd.Categorical.from_codes(codes, ["x" * 1_000_000]))))


def _items(text: str, count: int) -> str:
    return f'["list",["j",[{",".join([text] * count)}]]]'


def _numbers(count: int) -> bytes:
    return np.arange(count, dtype="i8").tobytes()


@functools.cache
def colliding_keys(count: int) -> bytes:
    """Make integers whose first places in a dict's table are the same."""
    return array("q", sorted({(at << 44) % (2**61 - 1) for at in range(1, count)})).tobytes()


def _business_days() -> bytes:
    instants = np.arange(0, 400_000, dtype="M8[D]").astype("M8[s]")
    days = ["pd.datetimes", array_node("<M8[s]", [len(instants)]), None]
    return payload(["pd.index", days, None, "C"], instants.tobytes())


def _huge_levels() -> bytes:
    labels = _numbers(3_000_000)
    level = ["pd.index", array_node("<i8", [3_000_000]), None, None]
    codes = [array_node("|i1", [1], 1)]
    return payload(["pd.multi", [level], codes, [None]], labels, b"\0")


def _offsets_on_each_other() -> bytes:
    """Make list views that all show the same million integers."""
    values = pa.array(np.zeros(1_000_000, dtype="i1"))
    count = 20_000
    views = pa.ListViewArray.from_arrays(
        pa.array(np.zeros(count, dtype="i4")),
        pa.array(np.full(count, len(values), dtype="i4")),
        values,
    )
    return payload(["pa.array", 0], stream(pa.table({"a": views})))


def _runs() -> bytes:
    ends = pa.array([2**60], pa.int64())
    encoded = pa.RunEndEncodedArray.from_arrays(ends, pa.array([1]))
    return payload(["pa.array", 0], stream(pa.table({"a": encoded})))


def _same_texts() -> bytes:
    column = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(50_000, dtype="i1")), pa.array(["x" * 100_000])
    )
    return payload(["pd.arrow", ["pa.chunked", 0]], stream(pa.table({"": column})))


REFUSED: dict[str, Callable[[], bytes]] = {
    "items of no bytes": lambda: payload(array_node("|V0", [2_000_000_000], None)),
    "empty text": lambda: payload(array_node("<U0", [2**40], None)),
    "sides beside an empty one": lambda: payload(array_node("<f8", [2**40, 0], None)),
    "a set of 50 million integers": lambda: payload(["set", ["q", 0]], _numbers(50_000_000)),
    "a dict of 20 million": lambda: payload(
        ["dict", ["q", 0], ["q", 1]], _numbers(20_000_000), _numbers(20_000_000)
    ),
    "wide empties": lambda: payload(_items('["list",["j",[]]]', 1_000_000)),
    "deep empties": lambda: payload('["list",["j",[' * 500_000 + "]]]" * 500_000),
    "huge fractions": lambda: payload(
        ["list", ["j", [["fraction", ["int", f"{3**37_000 + at:x}"], ["int", f"{2**60_001 - at:x}"]]
                        for at in range(1, 2_000, 2)]]]
    ),
    "a column of 2**60 nulls": lambda: payload(
        ["pa.array", 0], stream(pa.table({"a": nulls(2**60)}))
    ),
    "a run of 2**60": _runs,
    "an integer of decimal digits": lambda: payload(["int", "9" * 10_000_000 + "_"]),
}  # fmt: skip
"""What must be withheld."""

BOUNDED: dict[str, Callable[[], bytes]] = {
    "colliding set": lambda: payload(["set", ["q", 0]], colliding_keys(130_000)),
    "colliding dict": lambda: payload(
        ["dict", ["q", 0], ["q", 1]], colliding_keys(130_000), colliding_keys(130_000)
    ),
    "business days": _business_days,
    "an index of huge levels": _huge_levels,
    "overlapping list views": _offsets_on_each_other,
    "a dictionary of few texts": _same_texts,
    "a frame of 2**40 rows": lambda: ENDLESS_FRAME,
    "a sparse column of many rows": lambda: SPARSE_SERIES,
    "a range of 2**40": lambda: payload(ENDLESS_ROWS),
    "a decimal with a huge exponent": lambda: b"".join(encode_value(Decimal("1E+999999"))),
    "an integer of a million digits": lambda: payload(["int", "f" * 10_000_000]),
    "a category in every row": repeated_text,
    "small fractions": lambda: payload(_items('["fraction",1,3]', 500_000)),
}  # fmt: skip
"""What may be decoded or withheld, as long as this process doesn't suffer."""
