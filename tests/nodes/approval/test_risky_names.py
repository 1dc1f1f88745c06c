"""The patterns for calls, addresses and paths."""

from __future__ import annotations

import sys

import pytest

from nodes.approval.risky_names import ADDRESS, HARMLESS, MODULES, PATH_CALLS, SYSTEM_PATH


@pytest.mark.parametrize(
    "name", ["open", "Path", "read_csv", "to_parquet", "scan_csv", "savefig", "glob", "imread"]
)
def test_a_call_that_takes_a_path(name: str) -> None:
    assert PATH_CALLS.fullmatch(name)


@pytest.mark.parametrize("name", ["opened", "mean", "groupby", "thread"])
def test_another_call(name: str) -> None:
    assert not PATH_CALLS.fullmatch(name)


@pytest.mark.parametrize(
    ("text", "is_address"),
    [
        ("https://a.example/x", True),
        ("S3://bucket", True),
        ("sqlite:///:memory:", False),
        ("a:b", False),
    ],
)
def test_addresses(text: str, is_address: bool) -> None:
    assert bool(ADDRESS.match(text)) is is_address


@pytest.mark.parametrize(
    ("text", "is_system"),
    [
        ("/etc/passwd", True),
        ("~/x", True),
        ("../x", True),
        ("C:\\x", True),
        ("/tmp/x", False),
        ("x.csv", False),
    ],
)
def test_system_paths(text: str, is_system: bool) -> None:
    assert bool(SYSTEM_PATH.match(text)) is is_system


def test_no_module_is_both_risky_and_harmless() -> None:
    risky = {module for modules in MODULES.values() for module in modules}
    assert not risky & HARMLESS.keys()
    assert sys.stdlib_module_names >= set(HARMLESS)
