"""The command groups: their options reach what does the work."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sandbox import VariableStore
from tests.graph_agent.cli.command import Command


@pytest.mark.parametrize("group", ["sandbox", "variables", "model"])
def test_a_group_alone_lists_its_commands(command: Command, group: str) -> None:
    done = command.here(group)
    assert done.code == 2
    assert "Commands" in done.out + done.err


def test_min_age_decides_what_is_removed(command: Command, tmp_path: Path) -> None:
    store = VariableStore(tmp_path / "state" / "variables")
    old, new = store.put(b"old"), store.put(b"new")
    (path,) = (store.root / "blobs").glob(f"??/{old}")
    an_hour_ago = time.time() - 3_700
    os.utime(path, (an_hour_ago, an_hour_ago))
    removed = command.here("variables", "gc", "--json").json["removed"]
    assert removed["blobs"] == [old]
    removed = command.here("variables", "gc", "--json", "--min-age-s", "0").json["removed"]
    assert removed["blobs"] == [new]


def test_a_negative_age_is_refused(command: Command) -> None:
    done = command.here("variables", "gc", "--min-age-s", "-1")
    assert done.code == 2
    assert "--min-age-s" in done.err
