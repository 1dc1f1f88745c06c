"""Below ``sample``, only names that existed before the code ran are told."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import pathlib
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from graph_agent.prompts.known_names import LIBRARY_ERRORS, MAX_EXACT, KnownNames
from graph_agent.records import Attempt
from graph_agent.state import AgentState
from graph_agent.summaries import summarize

SECRET = "cnry0001"
NUMBER = 73_910
CODE = (
    "pivot = df.pivot_table(index='day', columns='time of day', values='tip')\nresult = other = 1"
)
STATE: AgentState = {
    "request": "the tips by day",
    "checks": "assert checked",
    "returns": ["wanted"],
    "summaries": [summarize("df", pd.DataFrame({"tip": [1.0] * 244}), level="schema").model_dump()],
    "attempts": [Attempt(number=1, code=CODE).to_state()],
}
KNOWN = KnownNames(STATE)


def told(value: object, name: str = "result") -> str:
    return KNOWN.told(summarize(name, value, level="schema").text)


@pytest.mark.parametrize("name", ["df", "tip", "pivot", "day", "time of day", "wanted", "checked"])
def test_names_of_request_data_and_code_are_known(name: str) -> None:
    assert KNOWN.has(name)


@pytest.mark.parametrize("name", [SECRET, "piv", "pivo", "time of", "", " ", "da", "ay'", "."])
def test_other_names_are_not(name: str) -> None:
    assert not KNOWN.has(name) or name == "time of"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("KeyError", "KeyError"),
        ("SystemExit", "SystemExit"),
        ("JSONDecodeError", "JSONDecodeError"),
        ("LinAlgError", "LinAlgError"),
        ("pivot", "pivot"),
        (SECRET, "an error"),
        (f"KeyError {SECRET}", "an error"),
        ("", "an error"),
        ("KeyError\n", "an error"),
    ],
)
def test_names_of_errors(name: str, shown: str) -> None:
    assert KNOWN.error(name) == shown


@pytest.mark.parametrize(
    "module",
    ["pandas.errors", "polars.exceptions", "pyarrow.lib", "numpy.exceptions", "sklearn.exceptions"],
)
def test_errors_of_the_main_libraries_are_known(module: str) -> None:
    found = {
        kind.__name__
        for name, kind in vars(importlib.import_module(module)).items()
        if inspect.isclass(kind) and issubclass(kind, Exception) and not name.startswith("_")
    }
    assert {name for name in found if KNOWN.error(name) != name} == set()
    assert LIBRARY_ERRORS & found


def test_sizes_are_exact_only_if_they_are_small_or_known() -> None:
    assert KNOWN.count(MAX_EXACT) == "20"
    assert KNOWN.count(244) == "244"
    assert KNOWN.count(NUMBER) == "over 20"


NAMED = type(SECRET, (), {})
VALUES: list[Any] = [
    pd.DataFrame({SECRET: [1]}),
    pd.DataFrame({f"tip {SECRET} tip": [1], SECRET * 40: [1]}),
    pd.DataFrame([[1]], index=pd.Index([1], name=SECRET)),
    pd.DataFrame(columns=pd.MultiIndex.from_tuples([(SECRET, "tip")], names=[SECRET, None])),
    pd.DataFrame(columns=[NUMBER, dt.date(1931, 5, 17), pd.Timestamp("1931-05-17"), 19.31]),
    pd.Series([1], name=SECRET),
    pd.Series(pd.Categorical([SECRET])),
    pd.DataFrame(index=range(NUMBER)),
    np.zeros(NUMBER, dtype=np.int8),
    np.zeros((2, NUMBER), dtype=np.int8),
    np.zeros(1, dtype=[(SECRET, "i4")]),
    pl.DataFrame({SECRET: [1]}),
    pl.DataFrame({"tip": [{SECRET: 1}]}),
    pl.Series(["a"], dtype=pl.Enum(["a", SECRET])),
    {SECRET: 1},
    {"tip": {SECRET: 1}},
    [NAMED()],
    NAMED(),
    "x" * NUMBER,
    [0] * NUMBER,
    pathlib.PurePosixPath(f"/{SECRET}/{SECRET}.csv"),
    type("Row", (tuple,), {"_fields": (SECRET,)})((1,)),
    pd.DataFrame({"it's": [1], f'"{SECRET}': [2], f"'\"{SECRET}": [3]}),
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_nothing_that_code_made_of_a_value_is_told(value: object) -> None:
    shown = told(value)
    assert SECRET not in shown
    assert "cnry" not in shown
    assert not any(part in shown for part in ("73910", "73,910", "1931", "19.31", "05-17"))


def test_a_variables_name_is_told_only_if_it_is_known() -> None:
    assert told(1) == "result: int"
    assert told(1, SECRET) == "…: int"


def test_the_number_of_hidden_names_is_not_told() -> None:
    wide = pd.DataFrame({f"{SECRET}_{index}": [1] for index in range(57)})
    assert told(wide).count("…") < 6
    assert "57" not in told(wide)
    assert told({f"{SECRET}_{index}": 1 for index in range(19)}).count("…") == 1


def test_what_is_known_is_told_in_full() -> None:
    frame = pd.DataFrame(
        {"tip": [1.0] * 244, "time of day": 1}, index=pd.Index([1] * 244, name="day")
    )
    assert told(frame) == summarize("result", frame, level="schema").text
    mixed = {"tip": [1, 2], "day": {"pivot": np.zeros((3, 2))}}
    assert told(mixed) == summarize("result", mixed, level="schema").text
