"""The journal of calls: before the call and after it, private, and read again by its task."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from graph_agent import CheckpointError, ModelAnswerError, ModelTransientError
from graph_agent.models import Caller, CallJournal, ModelReply

ASKED = [SystemMessage("Rules"), HumanMessage("Count é\ud800")]
REPLY = ModelReply("1", input_tokens=3, output_tokens=4, finish_reason="STOP")
AT = Caller("generate", "thread", "task")


@pytest.fixture
def journal(tmp_path: Path) -> CallJournal:
    return CallJournal(tmp_path / "calls")


def never() -> ModelReply:
    raise AssertionError("it was asked again")


def raising(error: Exception) -> Callable[[], ModelReply]:
    def ask() -> ModelReply:
        raise error

    return ask


def test_an_answer_is_paid_once(journal: CallJournal) -> None:
    assert journal.ask(AT, "m", ASKED, lambda: REPLY) == REPLY
    assert journal.ask(AT, "m", ASKED, never) == REPLY


async def test_asynchronously_too(journal: CallJournal) -> None:
    async def ask() -> ModelReply:
        return REPLY

    assert await journal.aask(AT, "m", ASKED, ask) == REPLY
    assert journal.ask(AT, "m", ASKED, never) == REPLY


@pytest.mark.parametrize(
    "other",
    [
        (Caller("generate", "thread", "other task"), "m", ASKED),
        (Caller("generate", "other thread", "task"), "m", ASKED),
        (AT, "other model", ASKED),
        (AT, "m", [HumanMessage("Rules"), *ASKED[1:]]),
    ],
    ids=["task", "thread", "model", "messages"],
)
def test_any_other_question_is_asked(
    journal: CallJournal, other: tuple[Caller, str, list[BaseMessage]]
) -> None:
    journal.ask(AT, "m", ASKED, lambda: REPLY)
    assert journal.ask(*other, lambda: ModelReply("2")).text == "2"


def test_an_answer_of_no_use_was_paid_too(journal: CallJournal) -> None:
    fault = ModelAnswerError("cut off", "truncated", 5, 6)
    for ask in (raising(fault), never):
        with pytest.raises(ModelAnswerError, match="cut off") as raised:
            journal.ask(AT, "m", ASKED, ask)
        assert raised.value.fields() == fault.fields()


@pytest.mark.parametrize(
    "error", [ModelTransientError("busy"), ModelAnswerError("no", "blocked"), KeyError()]
)
def test_what_failed_is_asked_again(journal: CallJournal, error: Exception) -> None:
    with pytest.raises(type(error)):
        journal.ask(AT, "m", ASKED, raising(error))
    assert journal.ask(AT, "m", ASKED, lambda: REPLY) == REPLY
    assert journal.ask(AT, "m", ASKED, never) == REPLY
    assert [one.over for one in journal.calls("thread")] == [False, True]


def test_it_is_on_disk_before_the_call(journal: CallJournal) -> None:
    def ask() -> ModelReply:
        (call,) = journal.calls("thread")
        assert [one["content"] for one in call.messages] == ["Rules", "Count é\ud800"]
        assert [one["role"] for one in call.messages] == ["system", "human"]
        assert not call.over
        return REPLY

    journal.ask(AT, "m", ASKED, ask)


def test_no_thread_leaves_nothing(journal: CallJournal, tmp_path: Path) -> None:
    assert journal.ask(Caller("generate", None, "task"), "m", ASKED, lambda: REPLY) == REPLY
    assert not (tmp_path / "calls").exists()


def test_only_its_owner_reads_it(journal: CallJournal, tmp_path: Path) -> None:
    journal.ask(AT, "m", ASKED, lambda: REPLY)
    for path in (tmp_path / "calls").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert len(list((tmp_path / "calls").rglob("*.json"))) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"node": 1}', b"\xff"])
def test_a_damaged_entry_is_asked_again(
    journal: CallJournal, tmp_path: Path, content: bytes
) -> None:
    journal.ask(AT, "m", ASKED, lambda: REPLY)
    (path,) = (tmp_path / "calls").rglob("*.json")
    path.write_bytes(content)
    assert journal.ask(AT, "m", ASKED, lambda: ModelReply("2")).text == "2"


@pytest.mark.parametrize("left", [1, 20])
def test_an_answer_cut_short_is_none(journal: CallJournal, tmp_path: Path, left: int) -> None:
    journal.ask(AT, "m", ASKED, lambda: REPLY)
    (path,) = (tmp_path / "calls").rglob("*.json")
    path.write_bytes(path.read_bytes()[:-left])
    (call,) = journal.calls("thread")
    assert (call.messages[0]["content"], call.over) == ("Rules", False)
    assert journal.ask(AT, "m", ASKED, lambda: ModelReply("2")).text == "2"


def test_what_cannot_be_noted_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "calls").write_text("in the way")
    with pytest.raises(CheckpointError, match="CODEGEN_AGENT_STATE"):
        CallJournal(tmp_path / "calls").ask(AT, "m", ASKED, never)


def test_an_answer_that_cannot_be_noted_is_used(tmp_path: Path) -> None:
    def ask() -> ModelReply:
        (folder,) = (tmp_path / "calls").iterdir()
        folder.rename(tmp_path / "gone")
        folder.write_text("in the way")
        return REPLY

    assert CallJournal(tmp_path / "calls").ask(AT, "m", ASKED, ask) == REPLY


def test_pictures_are_kept_as_they_were_sent(journal: CallJournal) -> None:
    block: Any = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
    journal.ask(AT, "m", [HumanMessage([{"type": "text", "text": "Look"}, block])], lambda: REPLY)
    (call,) = journal.calls("thread")
    assert call.messages[0]["content"][1] == block
    json.dumps(call.messages)


def test_the_calls_of_other_threads_are_forgotten(journal: CallJournal) -> None:
    for thread in ("kept", "gone"):
        journal.ask(Caller("generate", thread, "task"), "m", ASKED, lambda: REPLY)
    assert journal.forget_all_but(["kept"], min_age_s=60) == 0
    assert journal.forget_all_but(["kept"]) == 1
    assert len(list(journal.calls("kept"))) == 1
    assert list(journal.calls("gone")) == []
