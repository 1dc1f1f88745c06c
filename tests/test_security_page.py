"""SECURITY.md names tests and lines of ``doctor --security`` that exist, and all of these."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sandbox.security.guarantees import GUARANTEES
from sandbox.security.selection import SELECTION

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))
LINES = {found.id for found in (*GUARANTEES, *SELECTION)} | {"private-folder", "nothing-left"}
ROWS = [
    [cell.strip() for cell in row.strip("|").split(" | ")]
    for row in PAGE.splitlines()
    if row.startswith("| ")
]


@pytest.mark.parametrize("name", TESTS)
def test_each_named_test_exists(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert any(test.startswith("test_") for test in tests)
    assert not function or function in tests


def test_each_promise_names_what_tests_it() -> None:
    promises = ROWS[1:]
    assert len(promises) >= 15
    assert [row for row in promises if not re.search(r"`tests/", row[-1])] == []


def test_every_line_of_doctor_is_on_the_page_and_no_other() -> None:
    quoted = set(re.findall(r"`([a-z0-9][a-z0-9-]*)`", PAGE))
    assert LINES - quoted == set()
    in_table = {name for row in ROWS[1:] for name in re.findall(r"`([a-z0-9-]+)`", row[2])}
    assert in_table <= LINES


def test_there_are_no_addresses_to_write_to() -> None:
    assert not re.search(r"[\w.]+@[\w.]+\.\w+|mailto:", PAGE)
