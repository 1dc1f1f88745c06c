"""Variables with recognisable values, and programs that print them or make names of them.

Names of the given data are allowed at every level: of variables, columns, fields, files, and keys
of a small mapping.
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
"""Added to every number; at ``stats``, aggregates of several rows are allowed."""
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
    """A value that its repr reveals."""

    def __repr__(self) -> str:
        return "cnryrepr"


def greeting(to: str = "cnrydefault") -> str:
    return to


def closure() -> Callable[[], str]:
    kept = "cnryclosure"
    return lambda: kept


def values() -> dict[str, Any]:
    """Return the variables by name."""
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


QUOTES_IN_ERRORS = """\
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
class Quoting(Exception):
    def __init__(self):
        super().__init__(person.name)
        self.add_note(frame["name"].iloc[5])
raise Quoting
"""
IS_LATE = "print(frame['name'].to_string(), flush=True)\nimport time\ntime.sleep(60)"
FAILS_THE_CHECK = """\
import matplotlib.pyplot as plt
plt.barh(frame["name"][:9], frame["amount"][:9])
plt.title(frame["name"].iloc[6])
plt.show()
first, few, mapped = frame["name"].iloc[7], frame.head(9), {name: 1 for name in frame["name"]}
odd = type("Odd", (), {"__repr__": lambda self: text})()
done = False
few
"""
SUCCEEDS = FAILS_THE_CHECK.replace("False", "True")
PROGRAMS = [QUOTES_IN_ERRORS, CONVERTS, LEAVES, ITS_OWN_ERROR, FAILS_THE_CHECK, SUCCEEDS]
SIZE = 7391
"""A number of the data that fits into a size: of an array, a text, a figure, a program."""
SIZES = re.compile(r"(?<!\d)7,?391(?!\d)")
NAMED = [
    "raise type(frame['name'].iloc[10], (Exception,), {})",
    "raise type('ValueError', (Exception,), {'__module__': text, '__qualname__': text})",
    "class E(Exception): pass\nE.__name__ = person.name\nraise E",
    "raise ModuleNotFoundError(f'No module named {text!r}', name=text)",
    "exec(f'def {text}():\\n    raise ValueError\\n{text}()')",
    "import warnings\nwarnings.warn('w', type(text, (UserWarning,), {}))\ngetattr(frame, text)",
    f"exec(compile('\\n' * {SIZE - 1} + '1 / 0', 'generated_code.py', 'exec'))",
    "raise ExceptionGroup(text, [type(text, (Exception,), {})()])",
    "raise SystemExit(int(frame['amount'].iloc[0]) // 10_000)",
    "import os\nos._exit(int(frame['amount'].iloc[0]) % 251)",
]
"""Each fails in a way that says something."""
LEFT = """\
import dataclasses, enum, collections, threading
import matplotlib.pyplot as plt, numpy as np, pandas as pd
named, size = frame["name"].iloc[11], int(frame["amount"].iloc[0]) // 10_000
columns = pd.DataFrame({named: [1], "label": [2]})
levels = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([(named, text)], names=[text, "x"]))
dated = pd.DataFrame([[1, 2]], columns=[frame["day"].iloc[0], size])
labeled = pd.Series([1], index=pd.Index(["x"], name=named), name=named)
kinds = pd.Series(pd.Categorical([text], categories=[text, named]))
keyed = {named: 1, "label": {text: 2}}
sized, long, grid = np.zeros(size), "x" * size, pd.DataFrame(index=range(size))
structured = np.zeros(1, dtype=[(text, "i4")])
pair = collections.namedtuple(text, [text])(1)
record = dataclasses.make_dataclass(text, [(named, int)])(1)
odd = type(text, (), {"lock": threading.Lock()})()
members = enum.Enum(text, [named])
aggregates = pd.DataFrame({"label": [size] * 5 + [size + 1]})
globals()[named] = 1
globals()[text] = threading.Lock()
plt.figure(figsize=(size / 100, 2))
plt.title(text)
plt.plot([1, 2])
plt.show()
print("x" * size)
open(f"{text}.csv", "w").write("x" * size)
frame.rename(columns={"name": named})
"""
"""It succeeds and leaves names and sizes made of values."""
CHECKS = "assert done, 'not done: ' + frame['name'].iloc[8]"


def leaked(requests: list[Received]) -> set[str]:
    """Return the text canaries in the requests, plain or in base64."""
    return set(TEXTS.findall(_sent(requests)))


def leaked_numbers(requests: list[Received]) -> set[str]:
    """Return the numbers of the data in the requests."""
    return {number.strip(",.") for number in NUMBERS.findall(_sent(requests))}


def _sent(requests: list[Received]) -> str:
    texts = [json.dumps(request.json, ensure_ascii=False) for request in requests]
    for long in re.findall(r"[A-Za-z0-9+/_-]{24,}={0,2}", " ".join(texts)):
        data = base64.urlsafe_b64decode(long.replace("+", "-").replace("/", "_") + "===")
        texts.append(data.decode("latin-1"))
    return "\n".join(texts)
