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
    assert named(["tips", "tips"], {"tips": 1}) == ["tips"]
    with pytest.raises(CodegenError, match="did you mean 'tips'"):
        named(["tpis"], {"tips": 1})
    with pytest.raises(CodegenError, match="define it"):
        named(["other"], {"tips": 1})


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
