"""The model cache of the call log: the real Gemini client over a socket, and the file."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel

from graph_agent.errors import ModelError
from graph_agent.models import CallLog, ModelReply, create_client
from graph_agent.records import Usage
from tests.gemini_server import Blocked, Dropped, Failure, GeminiServer, Malformed, Reply, Text
from tests.model_calls import acall_for_json, acall_model, call_for_json, call_model

KEY = "AIzaSyTestKeyTestKeyTestKeyTestKey0123"
MESSAGES: list[BaseMessage] = [SystemMessage("Rules"), HumanMessage("the-secret-words é\ud800")]
GOOD = '{"success": true}'


class Verdict(BaseModel):
    success: bool


@pytest.fixture
def cache(tmp_path: Path) -> CallLog:
    return CallLog(tmp_path / "cache", reuse=True)


def client_of(server: GeminiServer, model: str = "gemini-2.5-flash", **options: Any) -> Any:
    return create_client(model, **{"api_key": KEY, "base_url": server.url, **options})


def n_cached(cache: CallLog) -> int:
    return cache.cache_size()[0]


def bytes_on_disk(cache: CallLog) -> bytes:
    return b"".join(path.read_bytes() for path in cache.path.parent.iterdir())


Ask = Callable[[BaseChatModel, CallLog | None], ModelReply]


def text(client: BaseChatModel, cache: CallLog | None) -> ModelReply:
    return call_model(client, MESSAGES, tag="generate", log=cache)


def atext(client: BaseChatModel, cache: CallLog | None) -> ModelReply:
    return asyncio.run(acall_model(client, MESSAGES, tag="generate", log=cache))


def record(client: BaseChatModel, cache: CallLog | None) -> ModelReply:
    verdict, reply = call_for_json(client, MESSAGES, Verdict, tag="analyze", log=cache)
    assert verdict.success
    return reply


def arecord(client: BaseChatModel, cache: CallLog | None) -> ModelReply:
    call = acall_for_json(client, MESSAGES, Verdict, tag="analyze", log=cache)
    verdict, reply = asyncio.run(call)
    assert verdict.success
    return reply


@pytest.fixture(params=[text, atext, record, arecord], ids=lambda form: form.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param  # type: ignore[no-any-return]  # the parameters above


def test_the_same_question_is_sent_once(ask: Ask, cache: CallLog) -> None:
    with GeminiServer([Text(GOOD), Text("not asked for")]) as server:
        first = ask(client_of(server), cache)
        again = ask(client_of(server), cache)
        assert len(server.requests) == 1
    assert first == ModelReply(GOOD, 11, 7, "STOP")
    assert again == ModelReply(GOOD, 0, 0, "STOP", cached=True)
    assert first.usage == Usage(calls=1, input_tokens=11, output_tokens=7)
    assert again.usage == Usage(cached_calls=1)


@pytest.mark.parametrize(("first", "second"), [(text, atext), (record, arecord)])
def test_both_forms_share_their_answers(first: Ask, second: Ask, cache: CallLog) -> None:
    with GeminiServer([Text(GOOD), Text("not asked for")]) as server:
        assert first(client_of(server), cache).text == second(client_of(server), cache).text


def test_without_a_cache_every_question_is_sent(ask: Ask) -> None:
    with GeminiServer([Text(GOOD)]) as server:
        replies = [ask(client_of(server), None) for _ in range(2)]
        assert len(server.requests) == 2
    assert [reply.usage.calls for reply in replies] == [1, 1]


def test_what_is_on_disk_is_the_answer_and_its_owners_alone(cache: CallLog) -> None:
    with GeminiServer([Text(GOOD)]) as server:
        text(client_of(server), cache)
    with closing(sqlite3.connect(cache.path)) as database:
        [(reply,)] = database.execute("SELECT reply FROM answers")
    assert json.loads(reply) == {"text": GOOD, "finish_reason": "STOP"}
    assert {path.stat().st_mode & 0o777 for path in cache.path.parent.iterdir()} == {0o600}
    assert cache.path.parent.stat().st_mode & 0o777 == 0o700
    held = bytes_on_disk(cache)
    assert KEY.encode() not in held
    assert b"secret" not in held


USELESS: list[Reply] = [
    Text(GOOD, "MAX_TOKENS"),
    Text(GOOD, "SAFETY"),
    Text(""),
    Text(" \n"),
    Blocked(),
    Malformed(),
    Failure(400),
    Failure(404),
    Failure(503),
    Failure(429),
    Dropped(),
]


@pytest.mark.parametrize("reply", USELESS, ids=lambda reply: str(reply)[:40])
def test_an_unusable_answer_is_not_cached(reply: Reply, ask: Ask, cache: CallLog) -> None:
    with GeminiServer([reply, Text(GOOD)]) as server:
        with pytest.raises(ModelError):
            ask(client_of(server), cache)
        assert n_cached(cache) == 0
        assert not ask(client_of(server), cache).cached
        assert ask(client_of(server), cache).cached
        assert len(server.requests) == 2


@pytest.mark.parametrize("answer", ["no JSON at all", '{"success": ', "{}"])
@pytest.mark.parametrize("ask_record", [record, arecord])
def test_an_answer_without_a_record_is_not_cached(
    answer: str, ask_record: Ask, cache: CallLog
) -> None:
    with GeminiServer([Text(answer), Text(GOOD)]) as server:
        with pytest.raises(ModelError, match="no 'Verdict'"):
            ask_record(client_of(server), cache)
        assert n_cached(cache) == 0
        assert ask_record(client_of(server), cache).text == GOOD


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        b"\xff",
        "[" * 100_000,
        '{"text": "x = 1", "finish_reason": "ST',
        '{"text": 1, "finish_reason": null}',
        '{"text": "", "finish_reason": null}',
        '{"text": "x"}',
        '{"text": "x", "finish_reason": null, "lc": 1}',
    ],
    ids=lambda content: repr(content)[:40],
)
def test_a_damaged_answer_is_asked_for_again(content: str | bytes, cache: CallLog) -> None:
    with GeminiServer([Text("one"), Text("two")]) as server:
        text(client_of(server), cache)
        with closing(sqlite3.connect(cache.path)) as database, database:
            database.execute("UPDATE answers SET reply = ?", (content,))
        assert text(client_of(server), cache) == ModelReply("two", 11, 7, "STOP")
        assert text(client_of(server), cache).text == "two"
        assert len(server.requests) == 2


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no modes on this system")
@pytest.mark.parametrize("how", ["folder open to others", "file open to others", "a link"])
def test_a_place_that_others_may_write_is_not_used(
    how: str, cache: CallLog, tmp_path: Path
) -> None:
    folder = cache.path.parent
    with GeminiServer([Text("one"), Text("two"), Text("three")]) as server:
        text(client_of(server), cache)
        if how == "a link":
            folder.rename(tmp_path / "real")
            folder.symlink_to(tmp_path / "real")
        else:
            (folder if how.startswith("folder") else cache.path).chmod(0o777)
        for expected in ("two", "three"):
            assert text(client_of(server), cache).text == expected
        with pytest.raises(PermissionError, match="alone"):
            cache.cache_size()


def test_a_cache_that_cannot_be_written_costs_no_answer(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    cache = CallLog(tmp_path / "cache", reuse=True)
    with GeminiServer([Text(GOOD)]) as server:
        assert [ask(client_of(server), cache).cached for _ in range(2)] == [False, False]


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100])
def test_a_damaged_file_costs_no_answer(damage: bytes, tmp_path: Path) -> None:
    cache = CallLog(tmp_path / "cache", reuse=True)
    cache.path.parent.mkdir(mode=0o700)
    cache.path.write_bytes(damage)
    cache.path.chmod(0o600)
    with GeminiServer([Text(GOOD)]) as server:
        assert text(client_of(server), cache).text == GOOD


def test_the_least_recently_used_make_room(tmp_path: Path) -> None:
    cache = CallLog(tmp_path / "cache", reuse=True, max_bytes=4_000)

    def asked(number: int) -> bool:
        model = FakeListChatModel(responses=["x" * 900])
        question = [HumanMessage(f"Question {number}")]
        return call_model(model, question, tag="generate", log=cache).cached

    assert [asked(number) for number in range(4)] == [False] * 4
    assert asked(0)  # now the most recently used one
    assert not asked(4)
    assert cache.cache_size()[1] <= 3_000
    # A miss adds an answer, so those still there are asked for first.
    assert [asked(number) for number in (4, 0, 3, 2, 1)] == [True, True, True, False, False]


def test_an_answer_too_large_is_not_kept(cache: CallLog) -> None:
    model = FakeListChatModel(responses=["x" * (2 << 20)])
    assert not call_model(model, MESSAGES, tag="generate", log=cache).cached
    assert cache.cache_size() == (0, 0)


PROGRAM = """
import sys
from pathlib import Path
from langchain_core.messages import HumanMessage
from graph_agent.models import CallLog, create_client
from tests.model_calls import call_model
client = create_client("gemini-2.5-flash", api_key="k", base_url=sys.argv[1])
log = CallLog(Path(sys.argv[2]), reuse=True)
for number in range(int(sys.argv[3])):
    reply = call_model(client, [HumanMessage(f"Question {number}")], tag="g", log=log)
    assert reply.text == "the answer", reply
    print(int(reply.cached), end="")
"""


def program(server: GeminiServer, cache: CallLog, questions: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, server.url, str(cache.path.parent), str(questions)]
    # Of another seed, a set has another order: no key may depend on it.
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_share_their_answers(cache: CallLog) -> None:
    with GeminiServer([Text("the answer")]) as server:
        both = [program(server, cache, 8) for _ in range(2)]
        assert [process.communicate(timeout=120)[0] is not None for process in both] == [True, True]
        assert [process.returncode for process in both] == [0, 0]
        assert n_cached(cache) == 8
        asked = len(server.requests)
        with program(server, cache, 8) as third:
            assert third.communicate(timeout=120)[0] == "1" * 8
        assert len(server.requests) == asked
