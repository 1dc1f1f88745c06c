"""Which variables a request is about."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from graph_agent.notebook.messages import CodegenError
from graph_agent.notebook.names import kind_of, mentioned, named, own_variables, tables
from tests.scripted_model import ScriptedModel

FRAME = pd.DataFrame({"a": [1, 2]})


def test_the_users_own_variables() -> None:
    hidden = {"In": [], "open": 1}
    namespace = {
        **hidden,
        "_codegen": 1,
        "re": re,
        "m": ScriptedModel(),
        "tips": FRAME,
        "f": len,
    }
    assert list(own_variables(namespace, hidden)) == ["tips", "f"]
    assert "open" in own_variables({"open": "mine"}, hidden)


def test_mentioned_names_are_words_of_the_request() -> None:
    own = {"tips": FRAME, "tip": 1, "a": 2, "x": 3, "größe": 4}
    assert mentioned("Plot a tips_2 of x, Größe and größe.", own) == ["x", "größe"]
    assert mentioned("Double `a` in tips", own) == ["tips", "a"]


def test_an_unknown_name_has_a_suggestion() -> None:
    own = {"tips": 1}
    assert named(["tips", "tips"], own, own) == {"tips": 1}
    for name, said in (
        ("tpis", "no variable 'tpis'; did you mean 'tips'"),
        ("other", "define it"),
        ("tips['a']", "isn't the name of a variable"),
        ("other.head()", "give the value a name"),
    ):
        with pytest.raises(CodegenError, match=said):
            named([name], own, own)


def test_a_name_that_was_typed_may_begin_with_an_underscore() -> None:
    namespace = {"_mine": 1, "pd": pd, "m": ScriptedModel()}
    assert named(["_mine"], {}, namespace) == {"_mine": 1}
    with pytest.raises(CodegenError, match="'pd' is a module"):
        named(["pd"], {}, namespace)
    with pytest.raises(CodegenError, match="--model m"):
        named(["m"], {}, namespace)


def test_tables_of_all_libraries() -> None:
    own = {
        "a": FRAME,
        "b": pl.DataFrame({"a": [1]}),
        "c": pa.table({"a": [1]}),
        "d": np.zeros((2, 2)),
        "e": [1],
    }
    assert tables(own) == ["a", "b", "c"]
    assert kind_of(FRAME) == "DataFrame, 2×1"
    assert kind_of([1]) == "list"
