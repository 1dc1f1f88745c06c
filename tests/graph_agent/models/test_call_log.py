"""The call log: written before and after each call, private, and read again by its task."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from graph_agent import CheckpointError, ModelAnswerError, ModelRequestError, ModelTransientError
from graph_agent.models import (
    CallLog,
    ModelReply,
    Question,
    TaskRef,
    arun_steps,
    ask,
    profile_of,
    run_steps,
)

ASKED: list[BaseMessage] = [SystemMessage("Rules"), HumanMessage("Count \u00e9\ud800")]
REPLY = ModelReply("1", input_tokens=3, output_tokens=4, finish_reason="STOP")
AT = TaskRef("generate", "thread", "task")


class Model(BaseChatModel):
    """Calls ``answer`` for each answer."""

    answer: Callable[[], ModelReply]
    model_name: str = "m"

    @property
    def _llm_type(self) -> str:
        return "of-this-test"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        reply = self.answer()
        message = AIMessage(
            reply.text,
            response_metadata={"finish_reason": reply.finish_reason},
            usage_metadata={
                "input_tokens": reply.input_tokens,
                "output_tokens": reply.output_tokens,
                "total_tokens": reply.input_tokens + reply.output_tokens,
            },
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


def question(
    answer: Callable[[], ModelReply], model: str = "m", messages: Sequence[BaseMessage] = ASKED
) -> Question:
    client = Model(answer=answer, model_name=model)
    return Question(client, profile_of(client), messages, "generate")


def asked(
    log: CallLog,
    task: TaskRef = AT,
    answer: Callable[[], ModelReply] = lambda: REPLY,
    model: str = "m",
    messages: Sequence[BaseMessage] = ASKED,
) -> ModelReply:
    return run_steps(ask(question(answer, model, messages), log, task))


@pytest.fixture
def log(tmp_path: Path) -> CallLog:
    return CallLog(tmp_path / "calls")


def never() -> ModelReply:
    raise AssertionError("it was asked again")


def raising(error: Exception) -> Callable[[], ModelReply]:
    def answer() -> ModelReply:
        raise error

    return answer


def test_an_answer_is_paid_once(log: CallLog) -> None:
    assert asked(log) == REPLY
    assert asked(log, answer=never) == REPLY


async def test_asynchronously_too(log: CallLog) -> None:
    assert await arun_steps(ask(question(lambda: REPLY), log, AT)) == REPLY
    assert asked(log, answer=never) == REPLY


def test_another_process_finds_the_answer(log: CallLog) -> None:
    asked(log)
    assert asked(CallLog(log.path.parent), answer=never) == REPLY


@pytest.mark.parametrize(
    "other",
    [
        {"task": TaskRef("generate", "thread", "other task")},
        {"task": TaskRef("generate", "other thread", "task")},
        {"model": "other model"},
        {"messages": [HumanMessage("Rules"), *ASKED[1:]]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_any_other_question_is_asked(log: CallLog, other: dict[str, Any]) -> None:
    asked(log)
    assert asked(log, answer=lambda: ModelReply("2"), **other).text == "2"


def test_an_unusable_answer_was_paid_for_too(log: CallLog) -> None:
    fault = ModelAnswerError("cut off", "truncated", 5, 6)
    for answer in (raising(fault), never):
        with pytest.raises(ModelAnswerError, match="cut off") as raised:
            asked(log, answer=answer)
        assert raised.value.fields() == fault.fields()


@pytest.mark.parametrize(
    "error",
    [ModelTransientError("busy"), ModelAnswerError("no", "blocked"), ModelRequestError("no")],
    ids=repr,
)
def test_a_failed_call_is_made_again(log: CallLog, error: Exception) -> None:
    with pytest.raises(type(error)):
        asked(log, answer=raising(error))
    assert asked(log) == REPLY
    assert asked(log, answer=never) == REPLY
    assert [call.over for call in log.calls("thread")] == [False, True]


def test_it_is_on_disk_before_the_call(log: CallLog) -> None:
    def answer() -> ModelReply:
        (call,) = CallLog(log.path.parent).calls("thread")
        assert [message["content"] for message in call.messages] == ["Rules", "Count \u00e9\ud800"]
        assert [message["role"] for message in call.messages] == ["system", "human"]
        assert not call.over
        return REPLY

    asked(log, answer=answer)


def test_no_thread_leaves_nothing(log: CallLog) -> None:
    assert asked(log, TaskRef("generate", None, "task")) == REPLY
    assert not log.path.parent.exists()


def test_only_its_owner_reads_it(log: CallLog) -> None:
    asked(log)
    for path in (log.path.parent, *log.path.parent.iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("content", ["", "{", "[]", '{"node": 1}', b"\xff"], ids=repr)
@pytest.mark.parametrize("column", ["sent", "ending"])
def test_a_damaged_row_is_asked_again(log: CallLog, column: str, content: str | bytes) -> None:
    asked(log)
    with closing(sqlite3.connect(log.path)) as database, database:
        database.execute(f"UPDATE calls SET {column} = ?", (content,))
    assert asked(log, answer=lambda: ModelReply("2")).text == "2"
    assert [call.answer and call.answer["text"] for call in log.calls("thread")][-1] == "2"


@pytest.mark.parametrize("column", ["sent", "ending"])
def test_a_changed_character_is_found(log: CallLog, column: str) -> None:
    asked(log)
    changed = f'replace({column}, \'"model": "m\', \'"model": "l\')'
    if column == "ending":
        changed = 'replace(ending, \'"text": "1"\', \'"text": "3"\')'
    with closing(sqlite3.connect(log.path)) as database, database:
        before = database.execute(f"SELECT {column} FROM calls").fetchall()
        database.execute(f"UPDATE calls SET {column} = {changed}")
        assert database.execute(f"SELECT {column} FROM calls").fetchall() != before
    assert asked(log, answer=lambda: ModelReply("2")).text == "2"


def test_a_call_of_an_earlier_version_is_read(log: CallLog) -> None:
    asked(log)
    with closing(sqlite3.connect(log.path)) as database, database:
        for column in ("sent", "ending"):
            database.execute(f"UPDATE calls SET {column} = json_remove({column}, '$.digest')")
    assert asked(log, answer=lambda: ModelReply("2")).text == "1"


@pytest.mark.parametrize("what", ["in the way", "damaged"])
def test_a_call_that_cannot_be_noted_is_not_made(log: CallLog, what: str) -> None:
    if what == "damaged":
        log.path.parent.mkdir()
        log.path.write_bytes(b"no database at all" * 100)
    else:
        log.path.parent.write_text(what)
    with pytest.raises(CheckpointError, match="CODEGEN_AGENT_STATE"):
        asked(log, answer=never)


@pytest.fixture
def full_disk() -> Iterator[Callable[[], None]]:
    """Return what lets no file grow from then on."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_nothing_is_asked_on_a_full_disk(log: CallLog, full_disk: Callable[[], None]) -> None:
    asked(log)
    full_disk()
    with pytest.raises(CheckpointError, match="free some space"):
        asked(log, TaskRef("generate", "thread", "other task"), never)


def test_an_answer_that_cannot_be_noted_is_used(
    log: CallLog, full_disk: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    def answer() -> ModelReply:
        full_disk()
        return REPLY

    assert asked(log, answer=answer) == REPLY
    assert "cannot note" in caplog.text


def test_pictures_are_kept_as_they_were_sent(log: CallLog) -> None:
    block: Any = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
    asked(log, messages=[HumanMessage([{"type": "text", "text": "Look"}, block])])
    (call,) = log.calls("thread")
    assert call.messages[0]["content"][1] == block
    json.dumps(call.messages)


def test_calls_are_listed_by_thread_and_in_order(log: CallLog) -> None:
    for number in range(3):
        for thread in ("one", "two"):
            asked(log, TaskRef("generate", thread, str(number)), model=f"{thread} {number}")
    assert [call.model for call in log.calls("two")] == ["two 0", "two 1", "two 2"]
    assert list(log.calls("three")) == []


def test_the_calls_of_other_threads_are_forgotten(log: CallLog) -> None:
    for thread in ("kept", "gone"):
        message = HumanMessage(f"said in {thread}")
        asked(log, TaskRef("generate", thread, "task"), messages=[message])
    earlier_version = log.path.parent / ("0" * 32)
    earlier_version.mkdir()
    assert log.forget_all_but(["kept"], min_age_s=60) == 0
    assert log.forget_all_but(["kept"]) == 2
    assert len(list(log.calls("kept"))) == 1
    assert list(log.calls("gone")) == []
    assert not earlier_version.exists()
    left = b"".join(path.read_bytes() for path in log.path.parent.iterdir())
    assert b"said in kept" in left
    assert b"said in gone" not in left


def test_one_thread_is_forgotten(log: CallLog) -> None:
    for thread in ("kept", "gone"):
        asked(log, TaskRef("generate", thread, "t"), messages=[HumanMessage(f"said in {thread}")])
    both = log.thread_bytes(["kept", "gone"])
    log.forget("gone")
    assert log.shrink() == ""
    assert 0 < log.thread_bytes(["kept", "gone"]) < both
    left = b"".join(path.read_bytes() for path in log.path.parent.iterdir())
    assert b"said in kept" in left
    assert b"said in gone" not in left


def test_forgetting_creates_no_log(log: CallLog) -> None:
    log.forget("gone")
    assert (log.thread_bytes(["gone"]), log.shrink()) == (0, "")
    assert not log.path.parent.exists()


def test_nothing_to_forget(log: CallLog) -> None:
    assert log.forget_all_but([]) == 0
    assert not log.path.parent.exists()


def test_threads_of_one_process_write_at_once(log: CallLog) -> None:
    tasks = [TaskRef("generate", str(number % 4), str(number)) for number in range(40)]
    others = [log, CallLog(log.path.parent)]
    with ThreadPoolExecutor(8) as pool:
        replies = pool.map(lambda task: asked(others[int(task.task) % 2], task), tasks)
        assert set(replies) == {REPLY}
    assert sum(len(list(log.calls(str(thread)))) for thread in range(4)) == 40


def test_another_process_closes_it_meanwhile(log: CallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    # SQLite removes the files beside the database when the last connection is closed.
    def files(path: Path) -> list[Path]:
        return [path, path.with_name("calls.sqlite-wal")]

    monkeypatch.setattr("graph_agent.models.call_log.sqlite_files", files)
    assert asked(log) == REPLY
    assert len(list(log.calls("thread"))) == 1


class State(TypedDict, total=False):
    unused: str


@pytest.mark.parametrize("saver", [InMemorySaver(), None], ids=["saver", "none"])
def test_only_a_checkpointed_run_belongs_to_a_thread(saver: Any) -> None:
    seen: list[TaskRef] = []

    def node(state: State, config: RunnableConfig, runtime: Runtime[Any]) -> State:
        seen.append(TaskRef.of("generate", runtime, config))
        return {}

    graph = StateGraph(State).add_node("node", node).add_edge(START, "node").compile(saver)
    graph.invoke({}, {"configurable": {"thread_id": "t"}})
    [task] = seen
    assert task.node == "generate"
    assert task.thread == ("t" if saver else None)
    assert task.task


def test_outside_a_graph_there_is_no_task() -> None:
    assert TaskRef.of("analyze", Runtime(), {}) == TaskRef("analyze", None, "")
