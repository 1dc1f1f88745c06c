"""What a node does, in this process and without Ray."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graph_agent.batch.folder import our_version
from graph_agent.batch.journal import RequestResult, Unfinished
from graph_agent.batch.on_ray.node import Job, answer, prove
from graph_agent.batch.on_ray.sameness import held_open
from graph_agent.batch.requests import BatchRequest, read_requests
from graph_agent.batch.values import FileOptions
from graph_agent.checkpoints import thread_lock
from graph_agent.config.settings import Settings, load_settings
from graph_agent.config.stores import variable_store
from graph_agent.request import CodeGenerationRequest
from tests.graph_agent.batch.numbers import KEY, NumberServer, line, write_lines
from tests.graph_agent.batch.test_journal import SETUP


@pytest.fixture
def job(server: NumberServer, tmp_path: Path) -> Iterator[Job]:
    """A batch that is held open."""
    settings, token = load_settings(), tmp_path.name
    shared = variable_store(settings).shared
    assert shared is not None
    with held_open(settings, shared, token):
        setup = SETUP.model_copy(update={"model": "gemini-2.5-flash"})
        yield Job.of(token, setup, settings, FileOptions())


def sent(settings: Settings, folder: Path) -> BatchRequest:
    """Prepare a request for the number 3 as the machine that starts the batch does."""
    (asked,) = read_requests(write_lines(folder / "r.jsonl", [line(3)]), settings)
    input_ = asked.request.with_variables({"t": [1, 2]}).to_input(variable_store(settings), 2)
    return replace(asked, request=CodeGenerationRequest("x"), input=input_)


def test_a_job_carries_no_secret(job: Job) -> None:
    assert KEY not in repr(job)
    assert "postgresql://" not in repr(job.settings)


def test_a_request_is_answered_where_its_variables_were_never_stored(
    job: Job, server: NumberServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = sent(load_settings(), tmp_path)
    monkeypatch.setenv("CODEGEN_AGENT_STATE", str(tmp_path / "node"))
    assert prove(our_version(), job, "node", [None, "gemini-2.5-pro"]) == ""
    answered = answer(job, request)
    assert isinstance(answered.found, RequestResult), answered.found
    assert (answered.found.answer, answered.found.folder) == (3, "n3")
    assert {"report.html", "transcript.md", "code.py"} <= set(answered.files)
    assert b"[1, 2]" in answered.files["code.py"]
    again = answer(job, request)
    assert again.found == answered.found
    assert server.asked == [3]


def test_a_thread_whose_lock_is_still_held_is_waited_for(
    job: Job, server: NumberServer, tmp_path: Path
) -> None:
    settings = load_settings()
    request = sent(settings, tmp_path)
    held = threading.Event()

    def hold() -> None:
        with thread_lock(settings, job.setup.thread_of(request)):
            held.set()
            time.sleep(3)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    found = answer(job, request).found
    holder.join()
    assert isinstance(found, RequestResult), found


def test_what_keeps_a_node_from_working(
    job: Job, server: NumberServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "not 0.0" in prove("0.0", job, "node", [None])
    (tmp_path / "shared" / "probe" / job.token / "token").write_text("other")
    assert "another one there" in prove(our_version(), job, "node", [None])
    (tmp_path / "shared" / "probe" / job.token / "token").write_text(job.token)
    assert prove(our_version(), job, "node", [None]) == ""
    with monkeypatch.context() as patch:
        patch.delenv("GEMINI_API_KEY_FOR_CODEGEN_AGENT")
        assert "key" in prove(our_version(), job, "node", [None])
    with monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
        assert "nowhere.sock" in prove(our_version(), job, "node", [None])
    with monkeypatch.context() as patch:
        patch.delenv("CODEGEN_AGENT_CHECKPOINTS")
        assert "CODEGEN_AGENT_CHECKPOINTS" in prove(our_version(), job, "node", [None])
        late = answer(replace(job, token="late"), sent(load_settings(), tmp_path)).found
    assert isinstance(late, Unfinished)
    assert (late.kind, late.error) == ("environment", "ClusterError")
