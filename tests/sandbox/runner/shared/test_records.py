"""Results whose class stays in the sandbox: they print, copy and compare like the original."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from sandbox.runner.shared.records import (
    ResultDict,
    ResultRecord,
    ResultTuple,
    fields_of,
    generic_text,
    with_origin,
)


def point(**fields: Any) -> Any:
    return with_origin(ResultRecord(), "shapes.Point", None, fields)


def pair() -> Any:
    return with_origin(ResultTuple([1, 2]), "m.Pair", None, {"a": 1, "b": 2, "more": 3})


def test_it_prints_like_a_named_tuple_unless_it_has_a_text() -> None:
    assert generic_text("m.Pair", {"a": 1, "b": "x"}) == "Pair(a=1, b='x')"
    assert repr(pair()) == str(pair()) == "Pair(a=1, b=2, more=3)"
    assert repr(with_origin(ResultDict(a=1), "m.Bunch", "a: 1", {})) == "a: 1"


def test_fields_are_attributes() -> None:
    first, second = pair()
    assert (first, second, pair().more) == (1, 2, 3)
    assert fields_of(pair()) == {"a": 1, "b": 2, "more": 3}
    bunch = with_origin(ResultDict(x=5), "m.Bunch", None, {})
    assert (bunch.x, bunch["x"], "x" in dir(bunch)) == (5, 5, True)


def test_a_field_may_be_named_like_a_method() -> None:
    assert with_origin(ResultTuple([7]), "m.T", None, {"count": 7}).count == 7


@pytest.mark.parametrize("made", [point(x=1), pair(), with_origin(ResultDict(a=1), "D", "d", {})])
def test_what_is_missing_is_named_and_copies_are_equal(made: Any) -> None:
    with pytest.raises(AttributeError, match="'confidence_interval'"):
        _ = made.confidence_interval
    for same in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert same == made
        assert repr(same) == repr(made)


def test_records_compare_and_hash_by_their_fields() -> None:
    assert point(x=1) == point(x=1) != point(x=2)
    assert {point(x=1): "found"}[point(x=1)] == "found"
