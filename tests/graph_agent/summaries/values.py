"""Values of every kind that contain a canary, and one way to summarize them."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import functools
import pathlib
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pydantic import BaseModel, SecretStr
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from graph_agent.records import PrivacyLevel
from graph_agent.summaries import summarize

LEVELS: tuple[PrivacyLevel, ...] = ("schema", "stats", "sample")
CANARY = "canary4711"


def text(value: object, level: PrivacyLevel = "sample", max_chars: int = 2_000) -> str:
    return summarize("v", value, level=level, max_chars=max_chars).text


@dataclasses.dataclass
class Point:
    label: str = CANARY
    weights: list[str] = dataclasses.field(default_factory=lambda: [CANARY])

    def norm(self, order: str = CANARY) -> float:
        """Compute the norm."""
        return 0.0


class Model(BaseModel):
    label: str = CANARY


class Slotted:
    __slots__ = ("label", "unset")

    def __init__(self) -> None:
        self.label = CANARY


class Colour(enum.Enum):
    RED = CANARY


class Pair(collections.namedtuple("Pair", ["left", "right"])):
    __slots__ = ()


class ListOf(list[str]):
    pass


def numbered(n: int = 10) -> pd.DataFrame:
    """Numbers with harmless extremes, and one between them that no aggregate shows."""
    return pd.DataFrame({"n": [0.0, *([1.0] * n), 4711.25, 9000.0]})


CANARIES: dict[str, Any] = {
    "frame": pd.DataFrame({"a": [CANARY] * 9, "b": [[CANARY]] * 9}),
    "one row": pd.DataFrame({"a": [4711], "b": [CANARY]}, index=[CANARY]),
    "categories": pd.DataFrame({"a": pd.Categorical([CANARY, "x"])}),
    "numbers": numbered(),
    "dates": pd.DataFrame({"a": pd.to_datetime(["4711-01-01"] * 9).astype("datetime64[s]")}),
    "sparse column": pd.DataFrame({"a": pd.arrays.SparseArray([4711] * 9, fill_value=4711)}),
    "series": pd.Series([CANARY] * 9, index=[CANARY] * 9),
    "index": pd.Index([CANARY]),
    "multi-index": pd.MultiIndex.from_tuples([(CANARY, 1)], names=["k", "n"]),
    "category array": pd.Categorical([CANARY]),
    "polars": pl.DataFrame({"a": [CANARY] * 9, "b": [[CANARY]] * 9}),
    "polars enum": pl.DataFrame({"a": pl.Series([CANARY], dtype=pl.Enum([CANARY]))}),
    "polars series": pl.Series([CANARY]),
    "polars lazy": pl.LazyFrame({"a": [CANARY]}),
    "arrow": pa.table({"a": [CANARY] * 9, "b": pa.array([CANARY] * 9).dictionary_encode()}),
    "arrow array": pa.array([CANARY]),
    "arrow batch": pa.record_batch({"a": [CANARY]}),
    "array": np.array([CANARY] * 9),
    "object array": np.array([CANARY, 4711], dtype=object),
    "small array": np.array([4711]),
    "record array": np.array([(CANARY, 4711)], dtype=[("a", "U20"), ("b", "i8")]),
    "masked array": np.ma.array([1, 4711], mask=[False, True]),
    "sparse": sparse.csr_matrix(np.array([[4711.0, 0]])),
    "int": 4711,
    "float": 4711.5,
    "numpy scalar": np.float64(4711),
    "timestamp": pd.Timestamp(47.11e17),
    "str": CANARY,
    "bytes": CANARY.encode(),
    "bytearray": bytearray(CANARY.encode()),
    "memoryview": memoryview(CANARY.encode()),
    "date": datetime.date(4711, 1, 1),
    "decimal": decimal.Decimal("4711"),
    "range": range(4711),
    "enum member": Colour.RED,
    "list": [CANARY, 4711],
    "nested list": [[[CANARY]], {CANARY + "!": CANARY}],
    "list subclass": ListOf([CANARY]),
    "tuple": (CANARY, (CANARY,)),
    "named tuple": Pair(CANARY, [CANARY]),
    "set": {CANARY},
    "frozenset": frozenset({CANARY}),
    "deque": collections.deque([CANARY]),
    "dict": {"key": CANARY, "other": {"inner": [CANARY]}, 4711: 1, f"{CANARY} key": 2},
    "counter": collections.Counter([CANARY]),
    "large dict": {f"{CANARY}_{i}": i for i in range(99)},
    "defaultdict": collections.defaultdict(list, {"key": [CANARY]}),
    "function": lambda x=CANARY: x,
    "partial": functools.partial(print, CANARY, sep=CANARY),
    "method": Point().norm,
    "class": Point,
    "instance": Point(),
    "pydantic": Model(),
    "slots": Slotted(),
    "exception": ValueError(CANARY),
    "generator": (c for c in [CANARY]),
    "secret": SecretStr(CANARY),
    "estimator": LogisticRegression(C=4711.0).fit([[0], [1]], [CANARY, "x"]),
    "path": pathlib.Path(f"/{CANARY}/data.bin"),
}
