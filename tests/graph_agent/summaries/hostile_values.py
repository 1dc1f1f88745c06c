"""Values whose methods raise, or that are too large, deep or odd to print."""

from __future__ import annotations

import functools
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from tests.graph_agent.summaries.values import CANARY


class Hostile:  # noqa: PLW1641  # its __hash__ raises
    """Raises in every method."""

    def __repr__(self) -> NoReturn:
        raise RuntimeError(CANARY)

    __str__ = __len__ = __iter__ = __hash__ = __bool__ = __dir__ = __repr__

    def __eq__(self, other: object) -> NoReturn:
        raise RuntimeError(CANARY)

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(CANARY)

    @property
    def costly(self) -> NoReturn:
        raise RuntimeError(CANARY)


class HostileList(list[int]):
    __repr__ = __len__ = __iter__ = Hostile.__repr__


class HostileDict(dict[str, int]):
    __repr__ = __len__ = __iter__ = items = keys = Hostile.__repr__


class HostileFrame(pd.DataFrame):  # type: ignore[misc]  # pandas is untyped
    @property
    def iloc(self) -> NoReturn:
        raise RuntimeError(CANARY)


class HostileName(str):
    __slots__ = ()
    __len__ = isprintable = __str__ = Hostile.__repr__


class Exiting:
    def __repr__(self) -> NoReturn:
        raise SystemExit(CANARY)


class HostileMeta(type):
    def __getattribute__(cls, name: str) -> NoReturn:
        raise RuntimeError(CANARY)


class OfHostileMeta(metaclass=HostileMeta):
    pass


def object_array(*items: object) -> np.ndarray[Any, Any]:
    """Make an array of the items themselves, even if they are sequences."""
    array = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        array[position] = item
    return array


HOSTILE: dict[str, Any] = {
    "object": Hostile(),
    "in a list": [Hostile(), 1],
    "in a dict": {"a": Hostile()},
    "in a frame": pd.DataFrame({"a": object_array(Hostile(), Hostile()), "b": [1, 2]}),
    "in an array": object_array(Hostile(), None),
    "list": HostileList([1, 2]),
    "dict": HostileDict(a=1),
    "frame": HostileFrame({"a": [1]}),
    "column name": pd.DataFrame([[1]], columns=pd.Index([HostileName("a")], dtype=object)),
    "exiting": Exiting(),
    "class": Hostile,
    "metaclass": OfHostileMeta(),
    "huge int": 10**100_000,
    "surrogate": "\ud800",
    "terminal codes": {"\x1b[2J": "\x1b[2J"},
    "recursive": functools.reduce(lambda inner, _: [inner], range(5_000), list[Any]()),
    "signature": functools.partial(lambda x=Hostile(): x),  # noqa: B008  # a hostile default
}
