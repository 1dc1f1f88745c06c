"""The call log in Postgres: another machine finds the answers."""

from __future__ import annotations

from pathlib import Path

from langchain_core.messages import HumanMessage

from graph_agent.config.settings import Settings
from graph_agent.models import ModelReply, Question, TaskRef, open_call_log, profile_of
from graph_agent.models.shared_call_log import PostgresCallLog
from tests.postgres_server import PostgresServer
from tests.scripted_model import ScriptedModel

AT = TaskRef("generate", "thread", "task")
REPLY = ModelReply("1", input_tokens=3, output_tokens=4, finish_reason="STOP")


def question(text: str = "Count \x00\ud800é") -> Question:
    """Ask something with characters that Postgres can't hold."""
    model = ScriptedModel()
    return Question(model, profile_of(model), [HumanMessage(text)], "generate")


def log_at(settings: Settings, machine: Path) -> PostgresCallLog:
    """Open the log as another machine would."""
    found = open_call_log(settings.model_copy(update={"state_dir": machine}))
    assert isinstance(found, PostgresCallLog)
    return found


def test_another_machine_finds_the_answer(on_postgres: Settings, tmp_path: Path) -> None:
    here, there = log_at(on_postgres, tmp_path / "a"), log_at(on_postgres, tmp_path / "b")
    here.begin(question(), AT).answered(REPLY)
    known = there.begin(question(), AT).known
    assert known is not None
    assert known.reply() == REPLY
    assert there.begin(question("another"), AT).known is None
    assert there.begin(question(), TaskRef("generate", "thread", "other")).known is None
    assert [call.over for call in there.calls("thread")] == [True, False, False]
    assert not (tmp_path / "a").exists()  # nothing of it is on this machine's disk


def test_a_call_that_was_cut_off_is_made_again(on_postgres: Settings, tmp_path: Path) -> None:
    log_at(on_postgres, tmp_path / "a").begin(question(), AT)
    entry = log_at(on_postgres, tmp_path / "b").begin(question(), AT)
    assert entry.known is None
    entry.failed(TimeoutError())
    assert [call.failure for call in log_at(on_postgres, tmp_path / "a").calls("thread")] == [
        None, "TimeoutError",
    ]  # fmt: skip


def test_calls_are_forgotten(on_postgres: Settings, tmp_path: Path) -> None:
    log = log_at(on_postgres, tmp_path / "a")
    for thread in ("one", "two", "three"):
        log.begin(question(), TaskRef("generate", thread, "task")).answered(REPLY)
    assert log.thread_bytes(["one", "none"]) > 100
    log.forget("one")
    assert log.forget_all_but(["two"], min_age_s=60) == 0
    assert log.forget_all_but(["two"]) == 1
    assert [len(list(log.calls(thread))) for thread in ("one", "two", "three")] == [0, 1, 0]


def test_a_server_that_was_restarted_is_asked_again(
    on_postgres: Settings, postgres: PostgresServer, tmp_path: Path
) -> None:
    log = log_at(on_postgres, tmp_path / "a")
    log.begin(question(), AT).answered(REPLY)
    postgres.stop()
    postgres.start()
    assert log.begin(question(), AT).known is not None
