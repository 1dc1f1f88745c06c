"""Short worked examples on made-up tables, of which a request gets the nearest few.

They stand in ``example_bank.txt``. Each shows one step that small models get wrong: the label
instead of its count, the row instead of its position, a comparison instead of a number. The
tables are ``films``, ``games``, ``teams`` and ``plants``. The tests have them and run each one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Example", "bank"]

_FILE = Path(__file__).with_name("example_bank.txt")


class Example(NamedTuple):
    """A request, the kind of its answer, and the code that gives it."""

    request: str
    kind: str
    code: str


@functools.cache
def bank() -> tuple[Example, ...]:
    """Read all examples, in the file's order."""
    return tuple(_read(_FILE.read_text(encoding="utf-8")))


def _read(text: str) -> Iterator[Example]:
    kind = ""
    for block in text.strip().split("\n\n"):
        if block.startswith("## "):
            kind = block.removeprefix("## ")
        else:
            request, _, code = block.removeprefix("# ").partition("\n")
            yield Example(request, kind, code)
