"""Values that are sent by pickle and have no safe encoding for the way back.

Each has a function that describes it in plain values. It is called here and, sent by value, in
the container.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import enum
import functools
import inspect
import io
import json
import logging
import operator
import random
import re
import tempfile
import types
import typing
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import scipy.interpolate
import scipy.stats
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FACTOR = 3
X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 0, 0, 1, 1, 1])


class InwardKind(NamedTuple):
    """``describe(make())`` is the same on both sides; ``withheld``: whether it comes back."""

    name: str
    make: Callable[[], Any]
    describe: Callable[[Any], Any]
    withheld: str


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"

    def shout(self) -> str:
        return self.name + "!"


class Level(enum.IntFlag):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass(order=True)
class Order:
    id: int
    items: list[str] = dataclasses.field(default_factory=list)
    colour: Colour = Colour.RED

    @property
    def size(self) -> int:
        return FACTOR * len(self.items)


class Account:
    count = 0

    def __init__(self, owner: str) -> None:
        self.owner = owner

    @functools.cached_property
    def upper(self) -> str:
        return self.owner.upper()

    @classmethod
    def of(cls, owner: str) -> Account:
        return cls(owner)

    @staticmethod
    def double(x: int) -> int:
        return 2 * x

    def scaled(self, x: int) -> int:
        return self.double(x) * FACTOR


class Savings(Account):
    def scaled(self, x: int) -> int:
        return super().scaled(x) + 1


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a, self.b = 1, [2]


class Row(NamedTuple):
    x: int
    y: str = "d"

    def both(self) -> str:
        return f"{self.x}{self.y}"


class Refused(ValueError):
    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code

    def __reduce__(self) -> Any:
        return type(self), (self.code,)


class Tagged(dict[str, int]):
    tag = "t"


class Frame(pd.DataFrame):
    @property
    def _constructor(self) -> type[Frame]:
        return Frame

    def total(self) -> float:
        return float(self.to_numpy().sum())


UserId = typing.NewType("UserId", int)
P = typing.ParamSpec("P")


def traced(function: Callable[P, int]) -> Callable[P, UserId]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> UserId:
        return UserId(function(*args, **kwargs))

    return wrapper


def triple(x: int) -> int:
    return x * FACTOR


def counter(start: int) -> Callable[[], int]:
    def step() -> int:
        nonlocal start
        start += 1
        return start

    return step


def squares(n: int) -> Any:
    yield from (at * at for at in range(n))


async def later(x: int) -> int:
    return triple(x)


@functools.lru_cache(maxsize=7)
def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@contextlib.contextmanager
def doubled(x: int) -> Any:
    yield 2 * x


def entered(manager: Any) -> Any:
    with manager as value:
        return value


def interactive(source: str) -> Any:
    """Return what code of ``__main__`` makes, as in a notebook's cell."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(source, namespace)
    return namespace["made"]


def mapped_file() -> Any:
    """Return a NumPy array whose memory is a file of this machine."""
    with tempfile.NamedTemporaryFile() as file:
        mapped = np.memmap(file.name, "f8", "w+", shape=(100, 100))
        mapped[:] = np.arange(10_000.0).reshape(100, 100)
        return mapped


def cycle() -> Any:
    value: list[Any] = [1]
    value.append({"self": value})
    return value


def cyclic_objects() -> Any:
    parent, child = Account("p"), Account("c")
    parent.child, child.parent = child, parent  # type: ignore[attr-defined]
    return [parent]


FUNCTION, NO_ENCODING = "a function cannot leave", "no safe encoding"
INWARD: list[InwardKind] = [
    InwardKind(*kind) for kind in (
        ("function", lambda: triple, lambda f: f(5), FUNCTION),
        ("lambda", lambda: lambda x: x * FACTOR, lambda f: f(5), FUNCTION),
        ("closure with state", lambda: counter(5), lambda f: type(f).__name__, FUNCTION),
        ("generator function", lambda: squares, lambda f: list(f(4)), FUNCTION),
        ("async function", lambda: later, lambda f: asyncio.run(f(2)), FUNCTION),
        ("cached function", lambda: fibonacci,
         lambda f: [f(20), f.cache_parameters()["maxsize"]], NO_ENCODING),
        ("context manager", lambda: doubled, lambda f: entered(f(3)), FUNCTION),
        ("partial", lambda: functools.partial(triple, 4), lambda f: f(), NO_ENCODING),
        ("bound method", lambda: Savings("a").scaled, lambda f: f(3), FUNCTION),
        ("builtin function", lambda: sorted, lambda f: f([2, 1]), FUNCTION),
        ("ufunc", lambda: np.hypot, lambda f: float(f(3, 4)), NO_ENCODING),
        ("vectorized", lambda: np.vectorize(triple), lambda f: f([1, 2]).tolist(), NO_ENCODING),
        ("itemgetter", lambda: operator.itemgetter(1), lambda f: f("ab"), "it stays|no safe"),
        ("function of __main__", lambda: interactive(
            "k = 4\ndef made(x): return other(x) * k\ndef other(x): return x + 1"),
         lambda f: f(2), FUNCTION),
        ("instance of a class of __main__", lambda: interactive(
            "class A:\n  def __init__(self): self.n = 2\n  def up(self): return self.n + 1\n"
            "class B(A):\n  def up(self): return super().up() * 2\nmade = [B()]"),
         lambda v: v[0].up(), NO_ENCODING),
        ("dataclass of __main__", lambda: interactive(
            "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass P:\n  x: int\n"
            "  y: int = 2\nmade = P(1)"),
         lambda v: [repr(v), dataclasses.asdict(v), hash(v) == hash(type(v)(1)),
                      repr(dataclasses.replace(v, x=5)),
                      [f.default is dataclasses.MISSING for f in dataclasses.fields(v)]],
         "it came back"),
        ("enum of __main__", lambda: interactive(
            "import enum\nclass E(enum.Enum):\n  A = 1\n  B = 2\nmade = E.B"),
         lambda v: [v.name, v.value, v is type(v)(2), len(type(v))], "it came back"),
        ("class", lambda: Savings, lambda kind: [kind("a").scaled(2), kind.__mro__[1].__name__],
         "a class cannot leave"),
        ("instance", lambda: Savings("anna"),
         lambda v: [v.upper, v.scaled(2), type(v).of("b").owner], NO_ENCODING),
        ("instances in containers", lambda: {"a": [(Account("x"), Colour.BLUE)], "o": Order(1)},
         lambda v: [v["a"][0][0].scaled(1), v["a"][0][1].shout(), v["o"].size], NO_ENCODING),
        ("instance with slots", Slotted, lambda v: [v.a, v.b], NO_ENCODING),
        ("objects that refer to each other", cyclic_objects,
         lambda v: v[0].child.parent is v[0], NO_ENCODING),
        ("self-containing list", cycle, lambda v: v[1]["self"] is v, "contains itself"),
        ("dataclass", lambda: Order(3, ["a", "b"]),
         lambda v: [repr(v), v.size, v < type(v)(4), v == type(v)(3, ["a", "b"])],
         "it came back"),
        ("enum", lambda: Colour.BLUE,
         lambda v: [v.shout(), v is type(v)("b"), [m.name for m in type(v)]],
         "it came back"),
        ("flags", lambda: Level.LOW | Level.HIGH, lambda v: [int(v), str(v)], "it came back"),
        ("namedtuple with methods", lambda: Row(1), lambda v: [v.both(), list(v)],
         "it came back"),
        ("dict subclass", lambda: Tagged(a=1), lambda v: [v.tag, dict(v)],
         "subclass of dict"),
        ("frame subclass", lambda: Frame({"a": [1.0, 2.0]}), lambda v: v[["a"]].total(),
         "subclass of DataFrame"),
        ("exception", lambda: Refused(7), lambda v: [str(v), v.code], r"str\(error\)"),
        ("namespace", lambda: types.SimpleNamespace(a=1), repr, "it came back"),
        ("mapping proxy", lambda: types.MappingProxyType({"a": 1}), dict, NO_ENCODING),
        ("weak references", weakref.WeakValueDictionary, len, NO_ENCODING),
        ("generic alias", lambda: dict[str, list[int]], str, NO_ENCODING),
        ("type variable", lambda: typing.TypeVar("T", bound=int), lambda t: t.__bound__.__name__,
         NO_ENCODING),
        ("new type", lambda: UserId, lambda t: [t(5), t.__name__, t.__supertype__.__name__],
         NO_ENCODING),
        ("parameters of a function", lambda: traced,
         lambda f: [f(triple)(2), len(f.__annotations__)], FUNCTION),
        ("pattern", lambda: re.compile("a(b+)", re.IGNORECASE),
         lambda p: [p.match("ABB")[1], p.flags], r"\.pattern"),
        ("module", lambda: json, lambda m: m.dumps([1]), "a module cannot leave"),
        ("signature", lambda: inspect.signature(sorted), str, NO_ENCODING),
        ("logger", lambda: logging.getLogger("sales"), lambda v: v.name, NO_ENCODING),
        ("text in memory", lambda: io.StringIO("a\nb"), lambda f: f.getvalue().split(),
         "no safe|list"),
        ("iterator", lambda: iter([1, 2, 3]), operator.length_hint, r"make it a list\(\)"),
        ("random generator", lambda: random.Random(7),
         lambda r: hash(r.getstate()) and type(r).__name__, NO_ENCODING),
        ("NumPy generator", lambda: np.random.default_rng(7),
         lambda r: r.bit_generator.state, NO_ENCODING),
        ("memory-mapped array", mapped_file, lambda a: [float(a.sum()), list(a.shape)],
         "subclass of ndarray"),
        ("defaultdict of a lambda", lambda: collections.defaultdict(lambda: 5, a=1),
         lambda d: [d["a"], d.default_factory()], r"make it a dict\(\)"),
        ("lazy frame", lambda: pl.LazyFrame({"a": [1, 2]}).filter(pl.col("a") > 1),
         lambda f: f.collect().to_dicts(), r"\.collect\(\)"),
        ("polars expression", lambda: pl.col("a") * 2,
         lambda e: pl.DataFrame({"a": [3]}).select(e).to_dicts(), NO_ENCODING),
        ("grouped frame", lambda: pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]}).groupby("k"),
         lambda g: g["v"].sum().to_dict(), "aggregate it first"),
        ("linear regression", lambda: LinearRegression().fit(X, Y),
         lambda m: [m.coef_.tolist(), m.predict(X).tolist()], NO_ENCODING),
        ("random forest", lambda: RandomForestClassifier(5, random_state=1).fit(X, Y),
         lambda m: m.predict_proba(X).tolist(), NO_ENCODING),
        ("pipeline", lambda: make_pipeline(StandardScaler(), KMeans(2, random_state=1)).fit(X),
         lambda m: m.predict(X).tolist(), NO_ENCODING),
        ("distribution", lambda: scipy.stats.norm(1, 2), lambda d: float(d.cdf(1)), NO_ENCODING),
        ("interpolation", lambda: scipy.interpolate.CubicSpline([0, 1, 2], [0, 1, 4]),
         lambda f: float(f(1.5)), NO_ENCODING),
    )
]  # fmt: skip
