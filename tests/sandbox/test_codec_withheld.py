"""What has no safe encoding is refused with a reason that names the place."""

from __future__ import annotations

import collections
import dataclasses
import enum
import re
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import PngImagePlugin
from sklearn.linear_model import LinearRegression

from sandbox.decode import DecodeLimits, decode_payload
from sandbox.errors import PayloadError
from sandbox.runner.encode import (
    EncodeLimits,
    NotEncodableError,
    bounded_repr,
    encode_value,
    type_name,
)
from tests.sandbox.value_kinds import with_attrs


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Settings:
    size: int = 1


class MyDict(dict):  # type: ignore[type-arg]
    pass


class MyFloat(float):
    pass


class MyFrame(pd.DataFrame):
    pass


class WithMethod(NamedTuple):
    x: int

    def double(self) -> int:
        return 2 * self.x


class Broken:
    def __repr__(self) -> str:
        raise SystemExit


class NotText:
    def __repr__(self) -> str:
        return 5  # type: ignore[return-value]


def cyclic_list() -> list[Any]:
    value: list[Any] = []
    value.append({"self": value})
    return value


def cyclic_array() -> Any:
    array = np.empty(1, dtype=object)
    array[0] = array
    return array


def very_deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


WITHHELD: list[tuple[str, Callable[[], Any], str]] = [
    ("builtin function", lambda: len, "a function cannot leave"),
    ("lambda", lambda: lambda: 1, "a function cannot leave"),
    ("generator", lambda: (one for one in [1]), r"make it a list\(\)"),
    ("iterator", lambda: reversed([1]), r"make it a list\(\)"),
    ("dict view", {"a": 1}.keys, r"make it a list\(\)"),
    ("module", lambda: re, "a module cannot leave"),
    ("class", lambda: Colour, "a class cannot leave"),
    ("object", object, "an object has no safe encoding"),
    ("enum", lambda: Colour.RED, r"return its \.value"),
    ("int enum", lambda: Level.LOW, r"return its \.value"),
    ("dataclass", Settings, r"dataclasses\.asdict\(\)"),
    ("dict subclass", MyDict, "subclass of dict"),
    ("float subclass", lambda: MyFloat(1), "subclass of float"),
    ("frame subclass", MyFrame, "subclass of DataFrame"),
    ("memmap-like array", lambda: np.arange(3).view(type("A", (np.ndarray,), {})), "ndarray"),
    ("namedtuple with methods", lambda: WithMethod(1), r"call \._asdict\(\)"),
    ("namedtuple of odd fields", lambda: type("T", (tuple,), {"_fields": ("a", "_x")})((1, 2)),
     r"no names; call \._asdict\(\)"),
    ("defaultdict of a lambda", lambda: collections.defaultdict(lambda: 1), r"make it a dict\(\)"),
    ("pattern", lambda: re.compile("a"), r"return its \.pattern"),
    ("memoryview", lambda: memoryview(b"a"), r"make it bytes\(\)"),
    ("exception", lambda: ValueError("x"), r"str\(error\)"),
    ("namespace", lambda: types.SimpleNamespace(a=1), "types.SimpleNamespace"),
    ("model", LinearRegression, "a sklearn.LinearRegression has no safe encoding"),
    ("model in a list", lambda: {"model": [LinearRegression()]},
     r"^\['model'\]\[0\]: a sklearn.LinearRegression has no safe encoding"),
    ("model in a column", lambda: pd.DataFrame({"m": [1, LinearRegression()]}, dtype=object),
     r"^\['m'\]\[1\]: a sklearn"),
    ("function in an array", lambda: np.array([[1, 2], [3, len]], dtype=object), r"^\[1, 1\]: "),
    ("object in attrs", lambda: with_attrs(pd.Series([1]), a=len),
     r"^\.attrs\['a'\]: "),
    ("key", lambda: {len: 1}, r"^<key <built-in function len>>: "),
    ("groupby", lambda: pd.DataFrame({"a": [1]}).groupby("a"), "aggregate it first"),
    ("custom business day", lambda: pd.date_range(
        "2024", periods=3, freq=pd.offsets.CustomBusinessDay(holidays=["2024-01-02"])),
     "set freq=None"),
    ("lazy frame", lambda: pl.LazyFrame({"a": [1]}), r"\.collect\(\)"),
    ("polars objects", lambda: pl.DataFrame({"a": pl.Series([object()], dtype=pl.Object)}),
     r"^\['a'\]: a polars column of dtype Object"),
    ("polars nested wide", lambda: pl.Series("a", [[1]], dtype=pl.List(pl.Int128)), "Int128"),
    ("arrow extension", lambda: pa.array([b"a" * 16], pa.uuid()), "extension type"),
    ("structured objects", lambda: np.zeros(1, dtype=[("a", "O")]), "no safe encoding"),
    ("image of a file", lambda: PngImagePlugin.PngImageFile.__new__(
        PngImagePlugin.PngImageFile), r"call \.copy\(\)"),
    ("cycle", cyclic_list, r"^\[0\]\['self'\]: it contains itself"),
    ("cycle of an array", cyclic_array, "it contains itself"),
    ("too deep", lambda: very_deep(101), "nested more than 100 deep"),
    ("far too deep", lambda: very_deep(50_000), "nested"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in WITHHELD],
    ids=[name for name, _, _ in WITHHELD],
)
def test_is_withheld(make: Callable[[], Any], reason: str) -> None:
    with pytest.raises(NotEncodableError) as caught:
        encode_value(make())
    assert re.search(reason, caught.value.reason), caught.value.reason
    assert len(caught.value.reason) < 600


@pytest.mark.parametrize(
    ("limits", "value"),
    [
        ({"max_bytes": 1_000}, np.zeros(1_000)),
        ({"max_bytes": 1_000}, "x" * 2_000),
        ({"max_bytes": 1_000}, [[at, None] for at in range(500)]),
        ({"max_decoded_bytes": 10_000}, [0.5] * 1_000),
        ({"max_decoded_bytes": 10_000}, ["a"] * 1_000),
        ({"max_decoded_bytes": 100_000}, [pd.Series([1])] * 10),
        ({"max_elements": 100}, [[None]] * 100),
        ({"max_depth": 3}, [[[[]]]]),
        ({"max_attachments": 3}, [np.arange(2)] * 4),
    ],
)
def test_limits_are_the_same_at_both_ends(limits: dict[str, int], value: Any) -> None:
    with pytest.raises(NotEncodableError):
        encode_value(value, EncodeLimits(**limits))
    payload = b"".join(encode_value(value))
    if "max_depth" not in limits:  # the host's is looser, see Reader
        with pytest.raises(PayloadError):
            decode_payload(payload, DecodeLimits(**limits))
    decode_payload(payload)


def test_billion_laughs_are_refused() -> None:
    value: list[Any] = ["ha"]
    for _ in range(60):
        value = [value, value]
    with pytest.raises(NotEncodableError, match="more than 10000 elements"):
        encode_value(value, EncodeLimits(max_elements=10_000))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "int"),
        (None, "NoneType"),
        (pd.DataFrame(), "pandas.DataFrame"),
        (np.arange(2), "numpy.ndarray"),
        (LinearRegression(), "sklearn.LinearRegression"),
        (pl.Series(), "polars.Series"),
    ],
)
def test_type_name(value: object, name: str) -> None:
    assert type_name(value) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, "a", (2,), {}, set()], "[1, 'a', (2,), {}, set()]"),
        ({"b": 1, "a": frozenset({2})}, "{'b': 1, 'a': frozenset({2})}"),
        (cyclic_list(), "[{'self': ...}]"),
        (Broken(), "<tests.Broken whose repr raises SystemExit>"),
        (NotText(), "<tests.NotText whose repr raises TypeError>"),
        (1 << 100_000, "<int of 100001 bits>"),
        (collections.deque(range(200_000)), "<collections.deque of 200000 items>"),
    ],
    ids=["list", "dict", "cycle", "broken", "no text", "int", "deque"],
)
def test_bounded_repr(value: object, text: str) -> None:
    shown = bounded_repr(value).replace("test_codec_withheld.", "tests.")
    assert shown == text


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**7, [0] * 10**6, [["x" * 50] * 50] * 50, very_deep(9_999),
        dict.fromkeys(range(9**5)),
    ],
    ids=["str", "list", "nested", "deep", "dict"],
)  # fmt: skip
def test_bounded_repr_is_bounded(value: object) -> None:
    assert 0 < len(bounded_repr(value)) <= 200
    assert len(bounded_repr(value, 50)) <= 50
