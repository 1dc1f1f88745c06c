"""Variables whose every value is recognisable, and programs that tell all of them.

What is told at every level is not: names of variables, columns, fields, files and, in a
mapping of few, keys.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import json
import pathlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from sklearn.preprocessing import LabelEncoder

from tests.gemini_server import Received

ROWS = 300
NUMBER = 73_910_000
"""Added to every number; an aggregate of several rows may be told at ``stats``."""
TEXTS = re.compile(r"cnry\w*")
NUMBERS = re.compile(r"7[_,]?391[\d_,.]{3,}")


def words(kind: str) -> list[str]:
    return [f"cnry{kind}{i:04d}" for i in range(ROWS)]


@dataclass
class Person:
    """A value with fields."""

    name: str
    friends: list[str]


class Talkative:
    """A value that tells itself."""

    def __repr__(self) -> str:
        return "cnryrepr"


def greeting(to: str = "cnrydefault") -> str:
    return to


def closure() -> Callable[[], str]:
    kept = "cnryclosure"
    return lambda: kept


def values() -> dict[str, Any]:
    """Make the variables, by name."""
    frame = pd.DataFrame(
        {
            "name": words("str"),
            "amount": NUMBER + np.arange(ROWS) * 7,
            "kind": pd.Categorical(words("cat")),
            "thing": pd.Series(words("obj"), dtype=object),
            "day": pd.Timestamp("1931-05-17") + pd.to_timedelta(np.arange(ROWS), "h"),
        },
        index=pd.Index(words("idx"), name="label"),
    )
    frame.attrs["note"] = "cnryattrs"
    levels = pd.MultiIndex.from_arrays([words("lvl"), words("low")], names=["high", "low"])
    return {
        "frame": frame,
        "leveled": pd.Series(range(ROWS), index=levels, name="count"),
        "series": pd.Series(words("ser"), name="series"),
        "one_row": pd.DataFrame({"who": ["cnryonerow"]}),
        "objects": np.array(words("npo"), dtype=object),
        "strings": np.array(words("nps")),
        "lookup": dict(zip(words("key"), words("val"), strict=True)),
        "small": {"a": "cnrysmall", "b": [{"c": "cnrydeep"}]},
        "items": [*words("itm"), ("cnrytuple", {"cnryset"})],
        "text": "cnrytext",
        "raw": b"cnrybytes",
        "place": pathlib.Path("/cnrypath/data.csv"),
        "amount": decimal.Decimal("73910001.25"),
        "day": dt.date(1931, 5, 17),
        "person": Person("cnryfield", ["cnryfriend"]),
        "talkative": Talkative(),
        "problem": ValueError("cnryexception"),
        "pl_frame": pl.DataFrame({"name": words("pls")}),
        "pa_table": pa.table({"name": words("pas")}),
        "greeting": greeting,
        "closure": closure(),
        "encoder": LabelEncoder().fit(words("skl")),
    }


TELLS_IN_ERRORS = """\
import sys, warnings
print(frame.to_string())
print(text, items, file=sys.stderr)
warnings.warn(frame["name"].iloc[1])
try:
    {}[frame["name"].iloc[2]]
except KeyError as before:
    raise ValueError(f"{frame['name'].iloc[3]} {frame['amount'].iloc[3]}") from before
"""
CONVERTS = "frame['name'].astype(int)"
LEAVES = "print(small)\nraise SystemExit(text)"
ITS_OWN_ERROR = """\
class Told(Exception):
    def __init__(self):
        super().__init__(person.name)
        self.add_note(frame["name"].iloc[5])
raise Told
"""
IS_LATE = "print(frame['name'].to_string(), flush=True)\nimport time\ntime.sleep(60)"
FAILS_THE_CHECK = """\
import matplotlib.pyplot as plt
plt.barh(frame["name"][:9], frame["amount"][:9])
plt.title(frame["name"].iloc[6])
plt.show()
first, few, mapped = frame["name"].iloc[7], frame.head(9), {one: 1 for one in frame["name"]}
odd = type("Odd", (), {"__repr__": lambda self: text})()
done = False
few
"""
SUCCEEDS = FAILS_THE_CHECK.replace("False", "True")
PROGRAMS = [TELLS_IN_ERRORS, CONVERTS, LEAVES, ITS_OWN_ERROR, FAILS_THE_CHECK, SUCCEEDS]
CHECKS = "assert done, 'not done: ' + frame['name'].iloc[8]"


def told(requests: list[Received]) -> set[str]:
    """Return every canary of text that is in what was sent, in the clear or in base64."""
    return set(TEXTS.findall(_sent(requests)))


def told_numbers(requests: list[Received]) -> set[str]:
    """Return every number that only the data have."""
    return {one.strip(",.") for one in NUMBERS.findall(_sent(requests))}


def _sent(requests: list[Received]) -> str:
    texts = [json.dumps(one.json, ensure_ascii=False) for one in requests]
    for long in re.findall(r"[A-Za-z0-9+/_-]{24,}={0,2}", " ".join(texts)):
        data = base64.urlsafe_b64decode(long.replace("+", "-").replace("/", "_") + "===")
        texts.append(data.decode("latin-1"))
    return "\n".join(texts)
