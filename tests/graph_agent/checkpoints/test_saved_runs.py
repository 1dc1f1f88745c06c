"""What the checkpoints say about runs, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from graph_agent.checkpoints import (
    FILE_NAME,
    is_finished,
    list_runs,
    no_such_run,
    open_checkpoints,
    referenced_digests,
    runs_before,
    stored_runs,
    thread_exists,
)
from graph_agent.config.settings import Settings
from tests.graph_agent.checkpoints.saving import put


def test_runs_newest_first_each_once(either: Settings) -> None:
    with open_checkpoints(either) as saver:
        put(saver, "old", request="first", decision="done", success=True, attempts=[{}])
        put(saver, "new", request="second", decision="give_up", success=False, attempts=[{}, {}])
        put(saver, "new", request="second", decision="retry", success=False, attempts=[{}, {}])
        runs = list_runs(saver)
    assert [(run.thread_id, run.request, run.status, run.attempts) for run in runs] == [
        ("new", "second", "unfinished", 2),
        ("old", "first", "solved", 1),
    ]


def test_a_forked_run_names_its_origin(settings: Settings) -> None:
    setup = {"forked_from": {"thread_id": "first", "attempt": 2}}
    with open_checkpoints(settings) as saver:
        put(saver, "t", request="x", setup=setup)
        assert [run.forked_from for run in list_runs(saver)] == ["first, attempt 2"]


def test_whether_a_thread_exists(either: Settings) -> None:
    assert not thread_exists(either, "t")
    with open_checkpoints(either) as saver:
        put(saver, "t", request="x")
    assert thread_exists(either, "t")
    assert not thread_exists(either, "nowhere")


def test_asking_for_a_thread_creates_no_database(settings: Settings) -> None:
    assert not thread_exists(settings, "t")
    assert not (settings.state_dir / FILE_NAME).exists()


@pytest.mark.parametrize(
    ("values", "finished"),
    [
        ({}, False),
        ({"decision": None, "attempts": [{}]}, False),
        ({"decision": "retry"}, False),
        ({"decision": "done"}, True),
        ({"decision": "give_up"}, True),
    ],
)
def test_a_run_is_finished_once_it_is_decided(values: dict[str, object], finished: bool) -> None:
    assert is_finished(values) is finished


def test_an_unknown_thread_is_compared_with_the_known_ones(either: Settings) -> None:
    with open_checkpoints(either) as saver:
        put(saver, "tips-2024", request="x")
        assert "did you mean 'tips-2024'?" in str(no_such_run(saver, "tips-2042"))
        assert "did you mean" not in str(no_such_run(saver, "zz"))


def test_what_a_run_stores(either: Settings) -> None:
    with open_checkpoints(either) as saver:
        put(saver, "a", request="x", code="0" * 64)
        put(saver, "a", request="x" * 10_000, decision="done")
        put(saver, "b", request="x", code="1" * 64)
        runs, one = stored_runs(saver), stored_runs(saver, "a")
        assert referenced_digests(saver) >= {"0" * 64, "1" * 64}
    assert set(runs) == {"a", "b"}
    assert set(one) == {"a"}
    assert "0" * 64 in one["a"].digests
    assert one["a"].size_bytes > 10_000
    assert one["a"].record.status == "not solved"


def test_runs_before_a_time(either: Settings) -> None:
    now = datetime.now(UTC)
    with open_checkpoints(either) as saver:
        for thread, days in (("old", 40), ("continued", 40), ("new", 1)):
            put(saver, thread, now - timedelta(days=days), request="x")
        put(saver, "continued", request="x")
        old = runs_before(saver, now - timedelta(days=30))
        assert [run.thread_id for run in old] == ["old"]
        assert runs_before(saver, now - timedelta(days=50)) == []
