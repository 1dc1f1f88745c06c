"""The names of runs."""

from __future__ import annotations

import pytest

from graph_agent import RequestError
from graph_agent.runs.thread_ids import check_thread_id, random_thread_id


def test_made_names_are_usable_and_new() -> None:
    made = {random_thread_id() for _ in range(100)}
    assert len(made) == 100
    for name in made:
        check_thread_id(name)


@pytest.mark.parametrize("name", ["", ".", "a/b", "-x", "a" * 101, None, 3])
def test_others_are_refused(name: object) -> None:
    with pytest.raises(RequestError, match="can't name a run"):
        check_thread_id(name)
