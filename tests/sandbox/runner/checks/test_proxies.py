"""Objects of the code that stay in its process, and how the checks use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.runner.checks.checked import assert_fails, assert_passes

STACK = """
class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item); return self
    def __len__(self): return len(self.items)
    def __getitem__(self, at): return self.items[at]
    def __add__(self, other): return Stack().push(len(self) + len(other))
    def __eq__(self, other): return self.items == other.items
    def __enter__(self): return 5
    def __exit__(self, *error): return False
def deco(f): return lambda *a: f(*a) * 2
@deco
def double(x): return x
def count():
    yield 1
    yield 2
functions = {"f": lambda x: x + 1}
"""
USES = {
    "methods": "s = Stack()\ns.push(1)\nassert (len(s), s.items, s[0]) == (1, [1], 1)",
    "its class": "assert isinstance(Stack(), Stack) and type(Stack()).__name__",
    "an operator": "assert (Stack() + Stack()).items == [0]",
    "two of its objects": "assert Stack().push(1) == Stack().push(1) != Stack()",
    "attributes set": "s = Stack()\ns.items = [7]\nassert s[0] == 7 and list(s) == [7]",
    "a block": "with Stack() as five: assert five == 5",
    "a decorated function": "assert double(4) == 8 and callable(double)",
    "a generator": "assert list(count()) == [1, 2] and sum(count()) == 3",
    "a dict of functions": "assert functions['f'](1) == 2 and isinstance(functions, dict)",
    "a signature": "import inspect\nassert 'item' in inspect.signature(Stack.push).parameters",
    "nothing": "assert Stack() is not None and Stack() != None",
}
RECORDS = """
import enum
from collections import namedtuple
from dataclasses import dataclass
@dataclass
class P:
    x: int
    y: int
    def norm(self): return self.x + self.y
class C(enum.Enum):
    R = 1
Pt = namedtuple("Pt", "x y")
ps, c, p = [P(1, 2)], C.R, Pt(1, 2)
"""
OF_RECORDS = {
    "a dataclass": "assert P(1, 2) == ps[0] != P(1, 3) and P(1, 2).norm() == ps[0].norm() == 3",
    "a list of them": "assert ps == [P(1, 2)] and [P(1, 2)] == ps and isinstance(ps, list)",
    "an enum": "assert c == C.R and c is C.R and (c.name, c.value) == ('R', 1)",
    "a named tuple": "assert p == (1, 2) == Pt(1, 2) and p.x == 1 and isinstance(p, tuple)",
}
OWN_WORD = {
    "equal": "assert answer == 41",
    "unequal": "assert not answer != 41",
    "greater": "assert answer > 40",
    "a difference": "assert abs(answer - 41) < 1",
    "a swapped one": "assert 41 - answer == 0",
    "equals": "assert answer.equals(41)",
    "among": "assert answer in [41]",
}
LIAR = """
class Liar:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __gt__(self, other): return True
    def __sub__(self, other): return 0
    __rsub__ = __sub__
    def equals(self, other): return True
answer = Liar()
"""


@pytest.mark.parametrize("checks", USES.values(), ids=USES)
def test_objects_are_used_as_before(tmp_path: Path, checks: str) -> None:
    assert_passes(tmp_path, STACK, checks)


@pytest.mark.parametrize("checks", OF_RECORDS.values(), ids=OF_RECORDS)
def test_records_compare_by_their_fields_and_keep_their_methods(
    tmp_path: Path, checks: str
) -> None:
    assert_passes(tmp_path, RECORDS, checks)


@pytest.mark.parametrize("checks", OWN_WORD.values(), ids=OWN_WORD)
def test_the_code_does_not_compare(tmp_path: Path, checks: str) -> None:
    assert "without a safe encoding" in assert_fails(tmp_path, LIAR, checks, "TypeError")


def test_numpy_reads_no_memory_for_an_object(tmp_path: Path) -> None:
    code = "class A:\n    __array_interface__ = {'data': (1, False)}\na = A()"
    assert_fails(tmp_path, code, "a.__array_interface__", "AttributeError")
