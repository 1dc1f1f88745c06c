"""What a batch keeps on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph_agent.batch.journal import Journal, RequestResult, Setup, Unfinished
from graph_agent.batch.requests import given_requests
from graph_agent.errors import RequestError
from graph_agent.request import CodeGenerationRequest
from graph_agent.runs.thread_ids import check_thread_id

SETUP = Setup(
    run="abc", version="1", model="m", max_attempts=3, candidates=1, state="/s", requests={"a": "d"}
)


def result(id_: str = "a", *, success: bool = True, **more: object) -> RequestResult:
    """Make a result."""
    fields = {"text": "Answer: 1", "thread_id": f"t-{id_}", "folder": id_, "execution": "ok"}
    return RequestResult(id=id_, success=success, **{**fields, **more})  # type: ignore[arg-type]  # by name


def unfinished(id_: str = "b", kind: str = "environment") -> Unfinished:
    """Make a request without a result."""
    return Unfinished(id=id_, kind=kind, error="ModelError", message="no", thread_id="t")  # type: ignore[arg-type]  # one of the kinds


def test_results_and_what_has_none_are_kept_apart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new")
    journal.start(SETUP)
    for found in (result("a"), unfinished("b"), result("ü\n")):
        journal.add(found)
    assert journal.setup() == SETUP
    assert journal.results() == [result("a"), result("ü\n")]
    (line,) = (tmp_path / "new" / "unfinished.jsonl").read_text().splitlines()
    assert json.loads(line)["id"] == "b"
    journal.start(SETUP)
    assert journal.results() == [result("a"), result("ü\n")]
    assert not (tmp_path / "new" / "unfinished.jsonl").exists()


def test_a_batch_is_resumed_the_same_way(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.resumed(SETUP) == SETUP == journal.first(SETUP)
    journal.start(SETUP)
    again = SETUP.model_copy(update={"run": "other", "requests": {"a": "d", "new": "e"}})
    assert journal.resumed(again).run == "abc"
    assert journal.resumed(again).requests == {"a": "d", "new": "e"}
    for update, said in (
        ({"model": "other"}, "model 'm', not 'other'"),
        ({"state": "/elsewhere"}, "state"),
        ({"requests": {"a": "changed"}}, "'a' changed or missing"),
        ({"requests": {"b": "d"}}, "'a' changed or missing"),
    ):
        with pytest.raises(RequestError, match=said):
            journal.resumed(SETUP.model_copy(update=update))
    with pytest.raises(RequestError, match="--resume"):
        journal.first(SETUP)


def test_any_request_has_a_usable_thread() -> None:
    (request,) = given_requests({"../ü\n": CodeGenerationRequest("x")})
    check_thread_id(SETUP.thread_of(request))
