"""Narrows what JSON gave to the type a decoder expects."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, TypeVar

from sandbox.errors import PayloadError

T = TypeVar("T")
MAX_SIZE = 1 << 62


def malformed(what: str) -> PayloadError:
    """Make the error for a payload that breaks the format."""
    return PayloadError(f"malformed payload: {what}")


def integer(node: object, low: int = -(2**63), high: int = 2**63 - 1) -> int:
    """Expect an integer within bounds."""
    if type(node) is not int or not low <= node <= high:
        raise malformed(f"expected an integer in [{low}, {high}]")
    return node


def text(node: object) -> str:
    """Expect a string."""
    if type(node) is not str:
        raise malformed("expected a string")
    return node


def boolean(node: object) -> bool:
    """Expect true or false."""
    if type(node) is not bool:
        raise malformed("expected true or false")
    return node


def array(node: object) -> list[Any]:
    """Expect a JSON array."""
    if type(node) is not list:
        raise malformed("expected an array")
    return node


def shape_of(node: object) -> tuple[int, ...]:
    """Expect the shape of an array."""
    return tuple(integer(size, 0, MAX_SIZE) for size in array(node))


def choose(table: Mapping[str, T], name: object) -> T:
    """Expect one of a table's keys; give its value."""
    if type(name) is not str or name not in table:
        raise malformed(f"unknown name {str(name)[:60]!r}")
    return table[name]


def library(name: str, package: str = "") -> Any:
    """Import a library a value needs. ``name`` is always a constant of this code.

    Raises:
        PayloadError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = package or name.partition(".")[0]
        raise PayloadError(
            f"the value needs {package!r}, which cannot be imported here ({error});"
            f" install it with: pip install {package}"
        ) from None
