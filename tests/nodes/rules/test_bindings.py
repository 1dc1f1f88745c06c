"""Binding a name, and where a value comes from."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.bindings import Bindings, Value
from nodes.rules.made_up import MadeUp

MADE = Value("made", MadeUp("random numbers"))


@pytest.fixture
def bindings() -> Bindings:
    return Bindings({"df": False, "n": True}, "Add it up", derived={"df", "n"})


def kind_of(bindings: Bindings, code: str) -> str:
    return bindings.evaluate(ast.parse(code, mode="eval").body).kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("df.a", "given"),
        ("f(x=df)", "given"),
        ("[1, 2]", "made"),
        ("5", "constant"),
        ("x", "other"),
    ],
)
def test_where_a_value_comes_from(bindings: Bindings, code: str, kind: str) -> None:
    assert kind_of(bindings, code) == kind


def test_a_name_takes_over_its_values_origin(bindings: Bindings) -> None:
    bindings.bind("x", Value("given"), 1)
    bindings.bind("y", MADE, 2)
    assert kind_of(bindings, "x") == "given"
    assert kind_of(bindings, "y + 1") == "made"


def test_made_up_data_overwrites_an_unused_variable(bindings: Bindings) -> None:
    bindings.bind("df", MADE, 3)
    assert bindings.lost["df"].line == 3
    assert kind_of(bindings, "df") == "made"


def test_a_used_variable_is_not_lost(bindings: Bindings) -> None:
    kind_of(bindings, "df.sum()")
    bindings.bind("df", MADE, 3)
    assert bindings.lost == {}


def test_without_a_line_nothing_is_lost(bindings: Bindings) -> None:
    bindings.bind("df", MADE, None)
    assert bindings.lost == {}


def test_a_call_may_put_given_data_into_its_arguments(bindings: Bindings) -> None:
    bindings.bind("rows", Value("other"), 1)
    kind_of(bindings, "rows.append(df.a)")
    assert kind_of(bindings, "rows") == "given"
