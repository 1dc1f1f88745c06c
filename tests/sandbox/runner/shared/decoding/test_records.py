"""Records of fields come back as generic classes; hostile ones are refused."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import enum
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import OptimizeResult

from tests.sandbox.results import hostile_payloads
from tests.sandbox.runner.shared.decoding.trips import assert_refused, round_trip

HOSTILE = hostile_payloads.RECORDS
A = np.arange(12.0) + np.sin(np.arange(12))


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Person:
    name: str
    scores: list[float]


SAME_TEXT: dict[str, Callable[[], Any]] = {
    "t-test": lambda: stats.ttest_ind(A, A * 2),
    "regression": lambda: stats.linregress(A, A * 2),
    "anderson": lambda: stats.anderson(A, method="interpolate"),
    "binomtest": lambda: stats.binomtest(3, 10),
    "bootstrap": lambda: stats.bootstrap((A,), np.mean, n_resamples=9, rng=1),
    "enum": lambda: Colour.RED,
    "int enum": lambda: Level.LOW,
    "dataclass": lambda: Person("Ann", [1.5]),
    "key of an enum": lambda: {Colour.RED: 1},
    "namespace": lambda: types.SimpleNamespace(a=1, b=[2]),
    "arguments": lambda: argparse.Namespace(a=1),
    "keys": {"a": 1}.keys,
    "values": {"a": [1]}.values,
    "items": {"a": [1]}.items,
    "ordered items": lambda: collections.OrderedDict(a=1).items(),
}


@pytest.mark.parametrize("make", SAME_TEXT.values(), ids=SAME_TEXT.keys())
def test_it_prints_like_the_original(make: Callable[[], Any]) -> None:
    assert repr(round_trip(make())) == repr(make()).replace(
        "tests.sandbox.runner.shared.decoding.", ""
    )


def test_a_t_test_is_used_like_the_original() -> None:
    original, back = stats.ttest_ind(A, A * 2), round_trip(stats.ttest_ind(A, A * 2))
    statistic, pvalue = back
    assert (statistic, pvalue) == (back.statistic, back.pvalue) == tuple(original)
    assert back.df == original.df
    assert isinstance(back, tuple)


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_payload_is_refused(payload: bytes) -> None:
    assert_refused(payload)


def test_a_key_is_no_attribute_that_numpy_acts_on() -> None:
    """NumPy reads the memory at the address that an ``__array_interface__`` names."""
    memory = np.arange(3)
    acting = {"data": (memory.ctypes.data, False), "shape": (3,), "typestr": "<i8", "version": 3}
    result = OptimizeResult({"__array_interface__": acting, "x": 1})
    back = round_trip(result)
    assert (back.x, back["__array_interface__"]) == (1, acting)
    assert np.asarray(back).dtype == object
