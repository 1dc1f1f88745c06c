"""Summaries: every kind of value, no value leaked, nothing broken, everything bounded."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import functools
import json
import pathlib
import threading
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import BaseModel, SecretStr, ValidationError
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from graph_agent.samples import load_tips
from graph_agent.summaries import PrivacyLevel, VariableSummary, summarize

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
    """Numbers whose extremes are harmless, around a telling one that no aggregate shows."""
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


@pytest.mark.parametrize("level", ["schema", "stats"])
@pytest.mark.parametrize("kind", CANARIES)
def test_no_value_leaks_below_sample(kind: str, level: PrivacyLevel) -> None:
    value = CANARIES[kind]
    # Named so that the variable itself gives nothing away.
    told = text(value, level)
    assert CANARY not in told
    assert "4711" not in told, told
    assert "raised" not in told
    # A list of it, too: what is inside another value is described by the same rules.
    assert CANARY not in text([value], level)
    assert "4711" not in text({"key": value}, level)


NEVER_QUOTED = {
    "polars lazy",
    "generator",
    "secret",
    "memoryview",
    "sparse",
    "masked array",
    "numbers",
    "class",
}


@pytest.mark.parametrize("kind", sorted(set(CANARIES) - NEVER_QUOTED))
def test_samples_do_quote(kind: str) -> None:
    # Without this, the test above could pass for having looked at nothing.
    told = text(CANARIES[kind])
    assert CANARY in told or "4711" in told or "2119" in told


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", CANARIES)
def test_every_kind_makes_a_bounded_json_record(kind: str, level: PrivacyLevel) -> None:
    for max_chars in (40, 300, 2_000):
        summary = summarize("v", CANARIES[kind], level=level, max_chars=max_chars)
        assert len(summary.text) <= max_chars
        assert summary.text.startswith("v: ")
        assert VariableSummary.model_validate(json.loads(summary.model_dump_json())) == summary


def test_the_record_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        summarize("v", 1).text = ""


def test_tips_at_each_level() -> None:
    tips = load_tips()
    schema = summarize("tips", tips, level="schema")
    assert (schema.name, schema.type, schema.level) == ("tips", "pandas.DataFrame", "schema")
    assert schema.text.splitlines()[:4] == [
        "tips: pandas.DataFrame, 244 rows × 7 columns",
        "  index: RangeIndex of int64",
        "  columns:",
        "    'total_bill': float64",
    ]
    assert "min" not in schema.text
    stats = summarize("tips", tips, level="stats").text
    assert "'total_bill': float64, 0 missing, 229 unique, min 3.07, max 50.81, mean 19.78" in stats
    assert "'day': str, 0 missing, 4 unique\n" in stats
    assert "Sun" not in stats
    sample = summarize("tips", tips).text
    assert "4 unique ('Sun', 'Sat', 'Thur', 'Fri')" in sample
    assert "first 5 rows:" in sample
    assert "16.99 | 1.01 | 'Female' | 'No' | 'Sun' | 'Dinner' | 2" in sample


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"n": range(10), "s": ["a", None] * 5}),
        pl.DataFrame({"n": range(10), "s": ["a", None] * 5}),
        pa.table({"n": list(range(10)), "s": ["a", None] * 5}),
    ],
    ids=["pandas", "polars", "arrow"],
)
def test_the_three_table_libraries_are_told_alike(table: object) -> None:
    told = text(table)
    assert "10 rows × 2 columns" in told
    assert "0 missing, 10 unique, min 0, max 9, mean 4.5" in told
    assert "5 missing, 1 unique ('a')" in told
    assert "    0 | 'a'\n    1 | None\n" in told.replace("nan", "None")


def test_a_few_numbers_are_not_quoted_as_aggregates() -> None:
    four = pd.DataFrame({"n": [1.5, 2.5, 3.5, 4.5]})
    assert "min" not in text(four, "stats")
    assert "min 1.5" in text(four, "sample")
    assert "min 1.5, max 5.5" in text(pd.DataFrame({"n": [1.5, 2.5, 3.5, 4.5, 5.5]}), "stats")


def test_equal_numbers_are_not_quoted_as_aggregates() -> None:
    for constant in (
        pd.DataFrame({"n": [7.25] * 9}),
        pl.DataFrame({"n": [7.25] * 9}),
        pa.table({"n": [7.25] * 9}),
        np.full(9, 7.25),
    ):
        assert "7.25" not in text(constant, "stats")
        assert "min 7.25" in text(constant, "sample")


def test_wide_frames_say_what_is_left_out() -> None:
    wide = pd.DataFrame(np.zeros((3, 1_000)), columns=[f"column_{i}" for i in range(1_000)])
    for level in LEVELS:
        told = text(wide, level)
        assert len(told) <= 2_000
        assert "3 rows × 1,000 columns" in told
        shown = told.count(": float64")
        assert f"… {1_000 - shown} more columns ({1_000 - shown} float64): 'column_{shown}'" in told
    assert "first 3 rows" in text(wide)


def test_long_cells_and_labels_are_cut() -> None:
    frame = pd.DataFrame({"x" * 10_000: ["y" * 10_000_000]})
    told = text(frame)
    assert len(told) < 600
    assert "xxx…" in told
    assert "yyy…" in told


def test_odd_frames() -> None:
    twice = pd.DataFrame([[1, "a"]], columns=["x", "x"])
    assert text(twice, "schema").count("'x'") == 2
    assert "0 rows × 0 columns" in text(pd.DataFrame())
    assert "MultiIndex of 2 levels named 'k', 'n'" in text(
        pd.DataFrame({"a": [1]}, index=CANARIES["multi-index"])
    )
    pivot = load_tips().pivot_table(index="day", columns=["time", "sex"], values="tip")
    assert "columns are a MultiIndex named ['time', 'sex']" in text(pivot)
    infinite = pd.DataFrame({"a": [np.inf, -np.inf, np.nan, 1.0, 2.0]})
    assert "min -inf, max inf, mean nan" in text(infinite)
    nullable = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64")})
    assert "1 missing, 2 unique, min 1, max 3, mean 2" in text(nullable)


def test_arrays() -> None:
    assert text(np.arange(10.0)).splitlines() == [
        "v: numpy.ndarray, shape (10,), float64",
        "  min 0, max 9, mean 4.5",
        "  first values: 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, … 2 more",
    ]
    assert "1 missing" in text(np.array([1.0, np.nan, np.inf]))
    assert "1, masked" in text(np.ma.array([1, 2], mask=[False, True]))
    assert "2020-01-01" in text(np.array(["2020-01-01"], dtype="datetime64[ns]"))
    assert "structured ('a': int64, 'b': <U3)" in text(np.zeros(2, [("a", "i8"), ("b", "U3")]))
    assert "2 true" in text(np.array([True, True, False]))
    assert "shape (), int64" in text(np.array(3))
    assert "shape (2, 2), int64" in text(np.eye(2, dtype=int))
    assert "3 stored values" in text(sparse.csr_array(np.eye(3)))
    assert "elements: 2 int, 1 str" in text(np.array([1, 2, "x"], dtype=object))


def test_containers_say_what_they_hold() -> None:
    assert text([1, 2, "x"], "schema") == "v: list of 3 items: 2 int, 1 str"
    assert text([1, 2]) == "v: list of 2 items, all int\n  first items: 1, 2"
    nested = text({"frame": pd.DataFrame({"a": [1]}), "more": {"b": [1, 2]}}, "schema")
    assert "['frame']: pandas.DataFrame, 1 row × 1 column; columns: 'a'" in nested
    assert "['b']: list of 2 items, all int" in nested
    assert "all int (among the first 10,000)" in text(list(range(20_000)))
    assert ".left: int" in text(Pair(1, 2), "schema")


def test_a_container_that_holds_itself() -> None:
    loop: list[object] = []
    loop.append(loop)
    knot: dict[str, object] = {}
    knot["self"] = knot
    for level in LEVELS:
        assert "list of 1 item" in text(loop, level)
        assert "dict of 1 key" in text(knot, level)


def test_code_is_told_by_signature_and_docstring() -> None:
    def weigh(points: list[float], *, power: int = 2) -> float:
        """Weigh the points.

        At length.
        """
        return sum(points) ** power

    told = text(weigh, "schema")
    assert "weigh(points: 'list[float]', *, power: 'int' = …) -> 'float'" in told
    assert "Weigh the points." in told
    assert "At length" not in told
    assert "power: 'int' = 2" in text(weigh)
    assert "Point(label: 'str' = …" in text(Point, "schema")
    assert "norm()" in text(Point, "schema")
    assert "module numpy 2" in text(np, "schema")
    assert "call as (b)" in text(functools.partial(lambda a, b: a, 1), "schema")
    assert "print(" in text(print, "schema")


def test_objects_are_told_by_stored_attributes() -> None:
    told = text(Point(), "schema")
    assert ".label: str of 10 characters" in told
    assert ".weights: list of 1 item, all str" in told
    assert "has: norm()" in told
    assert ".label: str" in text(Slotted(), "schema")
    assert "lock" in text(threading.Lock(), "schema")


def test_estimators_say_whether_they_are_fitted() -> None:
    estimator = LogisticRegression(C=3.5)
    assert "not fitted" in text(estimator, "schema")
    assert "C=3.5" in text(estimator)
    assert "3.5" not in text(estimator, "stats")
    estimator.fit([[0.0], [1.0]], ["no", "yes"])
    assert "n_features_in_: 1" in text(estimator, "schema")
    assert "classes_: ['no', 'yes']" in text(estimator)


def test_paths(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(b"123")
    told = text(file, "schema")
    assert "named 'data.bin', suffix '.bin', a file of 3 bytes" in told
    assert str(tmp_path) not in told
    assert str(tmp_path) in text(file)
    assert "a folder" in text(tmp_path, "schema")
    assert "does not exist here" in text(tmp_path / "gone", "schema")


class Hostile:  # noqa: PLW1641  # it has one, that raises
    """Raises whatever is done with it."""

    def __repr__(self) -> NoReturn:
        raise RuntimeError(CANARY)

    __str__ = __len__ = __iter__ = __hash__ = __bool__ = __dir__ = __repr__

    def __eq__(self, other: object) -> NoReturn:
        raise RuntimeError(CANARY)

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(CANARY)

    @property
    def costly(self) -> NoReturn:
        raise RuntimeError(CANARY)


class HostileList(list[int]):
    __repr__ = __len__ = __iter__ = Hostile.__repr__


class HostileDict(dict[str, int]):
    __repr__ = __len__ = __iter__ = items = keys = Hostile.__repr__


class HostileFrame(pd.DataFrame):  # type: ignore[misc]  # pandas is untyped
    @property
    def iloc(self) -> NoReturn:
        raise RuntimeError(CANARY)


class Exiting:
    def __repr__(self) -> NoReturn:
        raise SystemExit(CANARY)


class HostileMeta(type):
    def __getattribute__(cls, name: str) -> NoReturn:
        raise RuntimeError(CANARY)


class OfHostileMeta(metaclass=HostileMeta):
    pass


def object_array(*items: object) -> np.ndarray[Any, Any]:
    """Make an array without numpy looking into the items."""
    array = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        array[position] = item
    return array


HOSTILE: dict[str, Any] = {
    "object": Hostile(),
    "in a list": [Hostile(), 1],
    "in a dict": {"a": Hostile()},
    "in a frame": pd.DataFrame({"a": object_array(Hostile(), Hostile()), "b": [1, 2]}),
    "in an array": object_array(Hostile(), None),
    "list": HostileList([1, 2]),
    "dict": HostileDict(a=1),
    "frame": HostileFrame({"a": [1]}),
    "exiting": Exiting(),
    "class": Hostile,
    "metaclass": OfHostileMeta(),
    "huge int": 10**100_000,
    "surrogate": "\ud800",
    "terminal codes": {"\x1b[2J": "\x1b[2J"},
    "recursive": functools.reduce(lambda inner, _: [inner], range(5_000), list[Any]()),
    "signature": functools.partial(lambda x=Hostile(): x),  # noqa: B008  # a hostile default
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_summarizing_never_raises(kind: str, level: PrivacyLevel) -> None:
    summary = summarize("v", HOSTILE[kind], level=level)
    assert CANARY not in summary.text  # nor an exception's message
    assert "\x1b" not in summary.text
    assert summary.model_dump_json()


def test_a_broken_column_does_not_hide_the_others() -> None:
    told = text(HOSTILE["in a frame"])
    assert "'b': int64, 0 missing, 2 unique" in told
    assert "its repr raised RuntimeError" in told
    assert "HostileList of 2 items, all int" in text(HostileList([1, 2]))
    assert "HostileDict of 1 key: str → int" in text(HostileDict(a=1))


def test_nothing_is_consumed_changed_or_run() -> None:
    ran: list[str] = []

    class Lazy:
        @property
        def value(self) -> int:
            ran.append("value")
            return 1

        def __getattr__(self, name: str) -> int:
            ran.append(name)
            return 1

    def numbers() -> Iterator[int]:
        ran.append("generator")
        yield 1

    generator = numbers()
    iterator = iter([1, 2])
    defaulting: collections.defaultdict[str, list[int]] = collections.defaultdict(list, a=[1])
    frame = load_tips()
    array = np.arange(10.0)
    array.flags.writeable = False
    for level in LEVELS:
        for value in (Lazy(), generator, iterator, defaulting, frame, array):
            summarize("v", value, level=level)
    assert ran == []
    assert list(generator) == [1]
    assert list(iterator) == [1, 2]
    assert defaulting == {"a": [1]}
    pd.testing.assert_frame_equal(frame, load_tips())


def test_huge_values_take_a_bounded_time() -> None:
    many = pd.DataFrame({"n": np.zeros(30_000_000), "m": np.zeros(30_000_000, "int8")})
    huge: list[object] = [
        many,
        np.broadcast_to(np.float64(1.5), (10**6, 10**6)),  # 8 TB, if it were ever copied
        [0] * 10_000_000,
        range(10**12),
        "x" * 100_000_000,
        {"nested": ["y" * 10_000_000] * 1_000_000},
    ]
    started_s = time.perf_counter()
    texts = [text(value) for value in huge]
    assert time.perf_counter() - started_s < 15
    assert "(aggregates are of the first 1,000,000 rows)" in texts[0]
    assert "(aggregates are of the first 1,000,000 values)" in texts[1]
    assert all(len(told) <= 2_000 for told in texts)
