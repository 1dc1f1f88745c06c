"""Which values go as records of their fields, and which are refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import optimize

from sandbox.runner.encode import encode_value
from tests.sandbox.runner.encoding.refused import reason_for
from tests.sandbox.runner.shared.decoding.trips import round_trip


@dataclasses.dataclass
class Fit:
    score: float
    model: Any = None
    _cache: Any = dataclasses.field(default=None, repr=False)


class Pair(NamedTuple):
    x: int
    y: int

    def total(self) -> int:
        return self.x + self.y


def test_a_field_of_the_codes_own_class_must_have_an_encoding() -> None:
    assert encode_value(Fit(0.5, _cache=print))  # a private field that isn't printed stays
    assert reason_for(Fit(0.5, model=print)).startswith(".model: ")


def test_a_field_of_a_librarys_result_comes_back_as_its_text_at_least() -> None:
    found = optimize.minimize(lambda x: float(np.sum(x**2)), [1.0, 2.0], method="L-BFGS-B")
    back = round_trip(found)
    assert repr(back) == repr(found)
    assert repr(back.hess_inv) == repr(found.hess_inv)
    with pytest.raises(AttributeError, match="only its text came back"):
        back.hess_inv.todense()


def test_a_named_tuple_with_methods_unpacks() -> None:
    back = round_trip(Pair(1, 2))
    assert (*back, back.y, repr(back)) == (1, 2, 2, "Pair(x=1, y=2)")
    with pytest.raises(AttributeError, match="'total'"):
        back.total()


def test_a_result_can_be_sent_again() -> None:
    for value in (Pair(1, 2), Fit(0.5), optimize.OptimizeResult(x=1)):
        once = round_trip(value)
        assert repr(round_trip(once)) == repr(once) == repr(value)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "plain subclass of dict": (lambda: type("D", (dict,), {})(a=1), "subclass of dict"),
    "odd field": (lambda: with_field("a b"), "'a b' isn't a plain name"),
    "special field": (lambda: with_field("__class__"), "isn't a plain name"),
}


def with_field(name: str) -> Any:
    kind = type("Odd", (), {"__attrs_attrs__": [dataclasses.make_dataclass("F", ["name"])(name)]})
    made = kind()
    made.__dict__[name] = 1
    return made


@pytest.mark.parametrize(("make", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert reason in reason_for(make())
