"""The model cache: the real Gemini client over a socket, and what is on disk afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict

from graph_agent.errors import ModelError
from graph_agent.models import (
    AnswerCache,
    ModelReply,
    acall_for_json,
    acall_model,
    call_for_json,
    call_model,
    create_client,
)
from graph_agent.records import Usage
from tests.gemini_server import Blocked, Dropped, Failure, GeminiServer, Malformed, Reply, Text
from tests.scripted_model import ScriptedModel

KEY = "AIzaSyTestKeyTestKeyTestKeyTestKey0123"
MESSAGES: list[BaseMessage] = [SystemMessage("Rules"), HumanMessage("the-secret-words é\ud800")]
GOOD = '{"success": true}'


class Verdict(BaseModel):
    success: bool


class OtherVerdict(BaseModel):
    success: bool
    why: str = ""


class State(TypedDict, total=False):
    unused: str


@pytest.fixture
def cache(tmp_path: Path) -> AnswerCache:
    return AnswerCache(tmp_path / "cache" / "answers")


def client_of(server: GeminiServer, model: str = "gemini-2.5-flash", **options: Any) -> Any:
    return create_client(model, **{"api_key": KEY, "base_url": server.url, **options})


def files(cache: AnswerCache) -> list[Path]:
    return sorted(cache.folder.iterdir()) if cache.folder.exists() else []


Ask = Callable[[BaseChatModel, AnswerCache | None], ModelReply]


def text(client: BaseChatModel, cache: AnswerCache | None) -> ModelReply:
    return call_model(client, MESSAGES, tag="generate", cache=cache)


def atext(client: BaseChatModel, cache: AnswerCache | None) -> ModelReply:
    return asyncio.run(acall_model(client, MESSAGES, tag="generate", cache=cache))


def record(client: BaseChatModel, cache: AnswerCache | None) -> ModelReply:
    verdict, reply = call_for_json(client, MESSAGES, Verdict, tag="analyze", cache=cache)
    assert verdict.success
    return reply


def arecord(client: BaseChatModel, cache: AnswerCache | None) -> ModelReply:
    call = acall_for_json(client, MESSAGES, Verdict, tag="analyze", cache=cache)
    verdict, reply = asyncio.run(call)
    assert verdict.success
    return reply


@pytest.fixture(params=[text, atext, record, arecord], ids=lambda one: one.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param  # type: ignore[no-any-return]  # the parameters above


def test_the_same_question_is_sent_once(ask: Ask, cache: AnswerCache) -> None:
    with GeminiServer([Text(GOOD), Text("not asked for")]) as server:
        first = ask(client_of(server), cache)
        again = ask(client_of(server), cache)
        assert len(server.requests) == 1
    assert first == ModelReply(GOOD, 11, 7, "STOP")
    assert again == ModelReply(GOOD, 0, 0, "STOP", cached=True)
    assert first.usage == Usage(calls=1, input_tokens=11, output_tokens=7)
    assert again.usage == Usage(cached_calls=1)


@pytest.mark.parametrize(("one", "other"), [(text, atext), (record, arecord)])
def test_both_forms_share_their_answers(one: Ask, other: Ask, cache: AnswerCache) -> None:
    with GeminiServer([Text(GOOD), Text("not asked for")]) as server:
        assert one(client_of(server), cache).text == other(client_of(server), cache).text


def test_without_a_cache_every_question_is_sent(ask: Ask) -> None:
    with GeminiServer([Text(GOOD)]) as server:
        replies = [ask(client_of(server), None) for _ in range(2)]
        assert len(server.requests) == 2
    assert [one.usage.calls for one in replies] == [1, 1]


OTHERS: list[Callable[[GeminiServer, AnswerCache], object]] = [
    lambda server, cache: text(client_of(server, temperature=0.5), cache),
    lambda server, cache: text(client_of(server, "gemini-2.5-pro"), cache),
    lambda server, cache: text(client_of(server).model_copy(update={"top_p": 0.5}), cache),
    lambda server, cache: text(
        client_of(server).model_copy(update={"max_output_tokens": 50}), cache
    ),
    lambda server, cache: text(client_of(server, base_url=f"{server.url}/proxy"), cache),
    lambda server, cache: record(client_of(server), cache),
    lambda server, cache: call_model(client_of(server), MESSAGES[1:], tag="g", cache=cache),
    lambda server, cache: call_model(
        client_of(server), [HumanMessage("Rules"), *MESSAGES[1:]], tag="g", cache=cache
    ),
    lambda server, cache: call_model(
        client_of(server),
        [MESSAGES[0], HumanMessage([{"type": "text", "text": "the-secret-words"}])],
        tag="g",
        cache=cache,
    ),
]


@pytest.mark.parametrize("other", OTHERS)
def test_any_other_question_is_sent(
    other: Callable[[GeminiServer, AnswerCache], object], cache: AnswerCache
) -> None:
    with GeminiServer([Text(GOOD)]) as server:
        text(client_of(server), cache)
        other(server, cache)
        assert len(server.requests) == 2
        other(server, cache)
        assert len(server.requests) == 2


def test_another_record_is_another_question(cache: AnswerCache) -> None:
    with GeminiServer([Text(GOOD)]) as server:
        record(client_of(server), cache)
        call_for_json(client_of(server), MESSAGES, OtherVerdict, tag="analyze", cache=cache)
        assert len(server.requests) == 2


def test_an_address_of_the_environment_tells_models_apart(
    cache: AnswerCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GeminiServer([Text(GOOD)]) as server, GeminiServer([Text("other")]) as elsewhere:
        for one in (server, elsewhere):
            monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", one.url)
            text(create_client("gemini-2.5-flash", api_key=KEY), cache)
        assert [len(one.requests) for one in (server, elsewhere)] == [1, 1]


def test_a_setting_changed_later_counts(cache: AnswerCache) -> None:
    with GeminiServer([Text(GOOD)]) as server:
        client = client_of(server)
        text(client, cache)
        client.temperature = 0.7
        text(client, cache)
        assert len(server.requests) == 2


def test_another_key_of_the_same_user_is_the_same_question(cache: AnswerCache) -> None:
    with GeminiServer([Text(GOOD)]) as server:
        for key in (KEY, "another-key"):
            text(client_of(server, api_key=key), cache)
        assert len(server.requests) == 1


def test_what_is_on_disk_is_the_answer_and_its_owners_alone(cache: AnswerCache) -> None:
    with GeminiServer([Text(GOOD)]) as server:
        text(client_of(server), cache)
    [path] = files(cache)
    assert json.loads(path.read_bytes()) == {"text": GOOD, "finish_reason": "STOP"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    held = b"".join(one.read_bytes() for one in files(cache))
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


@pytest.mark.parametrize("reply", USELESS, ids=lambda one: str(one)[:40])
def test_what_is_of_no_use_is_not_kept(reply: Reply, ask: Ask, cache: AnswerCache) -> None:
    with GeminiServer([reply, Text(GOOD)]) as server:
        with pytest.raises(ModelError):
            ask(client_of(server), cache)
        assert files(cache) == []
        assert not ask(client_of(server), cache).cached
        assert ask(client_of(server), cache).cached
        assert len(server.requests) == 2


@pytest.mark.parametrize("told", ["no JSON at all", '{"success": ', "{}"])
@pytest.mark.parametrize("ask_record", [record, arecord])
def test_an_answer_that_is_no_record_is_not_kept(
    told: str, ask_record: Ask, cache: AnswerCache
) -> None:
    with GeminiServer([Text(told), Text(GOOD)]) as server:
        with pytest.raises(ModelError, match="no 'Verdict'"):
            ask_record(client_of(server), cache)
        assert files(cache) == []
        assert ask_record(client_of(server), cache).text == GOOD


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"text": "x = 1", "finish_reason": "ST',
        b'{"text": 1, "finish_reason": null}',
        b'{"text": "", "finish_reason": null}',
        b'{"text": "x"}',
        b'{"text": "x", "finish_reason": null, "lc": 1}',
    ],
    ids=lambda one: repr(one)[:40],
)
def test_a_damaged_answer_is_asked_for_again(content: bytes, cache: AnswerCache) -> None:
    with GeminiServer([Text("one"), Text("two")]) as server:
        text(client_of(server), cache)
        [path] = files(cache)
        path.write_bytes(content)
        assert text(client_of(server), cache) == ModelReply("two", 11, 7, "STOP")
        assert text(client_of(server), cache).text == "two"
        assert len(server.requests) == 2


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no modes on this system")
@pytest.mark.parametrize("how", ["open to others", "a link"])
def test_a_folder_that_others_may_write_is_not_used(
    how: str, cache: AnswerCache, tmp_path: Path
) -> None:
    with GeminiServer([Text("one"), Text("two")]) as server:
        text(client_of(server), cache)
        if how == "a link":
            cache.folder.rename(tmp_path / "real")
            cache.folder.symlink_to(tmp_path / "real")
        else:
            cache.folder.chmod(0o777)
        assert text(client_of(server), cache).text == "two"
        assert len(files(cache)) == 1
        with pytest.raises(PermissionError, match="alone"):
            cache.size()


def test_a_cache_that_cannot_be_written_costs_no_answer(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    cache = AnswerCache(tmp_path / "cache" / "answers")
    with GeminiServer([Text(GOOD)]) as server:
        assert [ask(client_of(server), cache).cached for _ in range(2)] == [False, False]


def test_those_longest_not_asked_for_make_room(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers", max_bytes=4_000)
    keys = [f"{number:064x}" for number in range(5)]
    for age, key in enumerate(reversed(keys[:4])):
        cache.keep(key, ModelReply("x" * 900))
        os.utime(cache.folder / f"{key}.json", (1_000 - age, 1_000 - age))
    assert cache.find(keys[0]) is not None  # the oldest one is young again
    (cache.folder / "not ours").touch()
    left = cache.folder / ".answer-left"
    left.touch()
    os.utime(left, (0, 0))
    cache.keep(keys[4], ModelReply("x" * 900))
    assert [cache.find(key) is not None for key in keys] == [True, False, False, True, True]
    assert cache.size()[1] <= 3_000
    assert (cache.folder / "not ours").exists()
    assert not left.exists()


def test_an_answer_too_large_is_not_kept(cache: AnswerCache) -> None:
    cache.keep("0" * 64, ModelReply("x" * (2 << 20)))
    assert cache.size() == (0, 0)


def pieces(client: BaseChatModel, cache: AnswerCache) -> list[tuple[str, Sequence[str]]]:
    """Return what LangGraph streams of a call in a node: texts, and their tags."""

    def node(state: State, config: RunnableConfig) -> State:
        call_model(client, MESSAGES, tag="generate", config=config, cache=cache)
        return {}

    graph = StateGraph(State).add_node("ask", node).add_edge(START, "ask").compile()
    streamed: Any = graph.stream({}, stream_mode="messages")
    return [(str(one.text), data["tags"]) for one, data in streamed if one.text]


def test_a_stream_tells_a_kept_answer_in_one_piece(cache: AnswerCache) -> None:
    with GeminiServer([Text("x = 1", chunks=["x ", "= ", "1"]), Text("not asked for")]) as server:
        first = pieces(client_of(server), cache)
        again = pieces(client_of(server), cache)
        assert [one.streamed for one in server.requests] == [True]
        # What came as a stream is the answer to a call that is none, too.
        assert text(client_of(server), cache).cached
    assert [one for one, _ in first] == ["x ", "= ", "1"]
    assert again == [("x = 1", ["generate"])]


PROGRAM = """
import sys
from pathlib import Path
from langchain_core.messages import HumanMessage
from graph_agent.models import AnswerCache, call_model, create_client
client = create_client("gemini-2.5-flash", api_key="k", base_url=sys.argv[1])
cache = AnswerCache(Path(sys.argv[2]))
for number in range(int(sys.argv[3])):
    reply = call_model(client, [HumanMessage(f"Question {number}")], tag="g", cache=cache)
    assert reply.text == "the answer", reply
    print(int(reply.cached), end="")
"""


def program(server: GeminiServer, cache: AnswerCache, questions: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, server.url, str(cache.folder), str(questions)]
    # Of another seed, a set has another order: no key may depend on it.
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_share_their_answers(cache: AnswerCache) -> None:
    with GeminiServer([Text("the answer")]) as server:
        both = [program(server, cache, 8) for _ in range(2)]
        assert [one.communicate(timeout=120)[0] is not None for one in both] == [True, True]
        assert [one.returncode for one in both] == [0, 0]
        assert len(files(cache)) == 8
        asked = len(server.requests)
        with program(server, cache, 8) as third:
            assert third.communicate(timeout=120)[0] == "1" * 8
        assert len(server.requests) == asked


class Own(ScriptedModel):
    """A chat model of a user's own."""

    temperature: float = 0.0
    weights: Path | None = None


def test_a_model_of_ones_own_is_told_by_its_fields(cache: AnswerCache, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.write_text("1")
    script = ["one", "not asked for"]
    assert text(Own(codes=script, weights=weights), cache).text == "one"
    assert text(Own(codes=script, weights=weights), cache).cached
    assert not text(Own(codes=script, weights=weights, temperature=1.0), cache).cached
    assert not text(ScriptedModel(codes=script), cache).cached
    weights.write_text("other")
    assert not text(Own(codes=script, weights=weights), cache).cached


def test_a_model_that_does_not_tell_what_it_is_is_asked(cache: AnswerCache) -> None:
    for _ in range(2):
        assert not text(ScriptedModel(codes=[lambda messages: "from code"]), cache).cached
    assert files(cache) == []
