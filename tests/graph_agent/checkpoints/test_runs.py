"""What the checkpoints tell of runs, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.checkpoints import is_over, open_checkpoints, runs, thread_exists
from graph_agent.checkpoints.sqlite import FILE_NAME
from graph_agent.settings import Settings
from tests.graph_agent.checkpoints.small_graph import put, save


def test_runs_newest_first_each_once(either: Settings) -> None:
    with open_checkpoints(either) as saver:
        put(saver, "old", request="first", decision="done", success=True, attempts=[{}])
        put(saver, "new", request="second", decision="give_up", success=False, attempts=[{}, {}])
        put(saver, "new", request="second", decision="retry", success=False, attempts=[{}, {}])
        found = runs(saver)
    assert [(one.thread_id, one.status, one.attempts) for one in found] == [
        ("new", "unfinished", 2),
        ("old", "solved", 1),
    ]


def test_whether_a_thread_exists(either: Settings) -> None:
    assert not thread_exists(either, "one")
    with open_checkpoints(either) as saver:
        put(saver, "one", request="x")
    assert thread_exists(either, "one")
    assert not thread_exists(either, "nowhere")


def test_asking_for_a_thread_makes_no_database(tmp_path: Path) -> None:
    assert not thread_exists(tmp_path, "nowhere")
    assert not (tmp_path / FILE_NAME).exists()
    save(tmp_path, "one", request="x")
    assert thread_exists(tmp_path, "one")


@pytest.mark.parametrize(
    ("values", "over"),
    [
        ({}, False),
        ({"decision": None, "attempts": [{}]}, False),
        ({"decision": "retry"}, False),
        ({"decision": "done"}, True),
        ({"decision": "give_up"}, True),
    ],
)
def test_over(values: dict[str, object], over: bool) -> None:
    assert is_over(values) is over
