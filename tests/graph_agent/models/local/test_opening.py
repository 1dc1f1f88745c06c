"""The opening of the prompts: read once, kept on disk without anything of a user's, loaded."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from graph_agent.models import profile_of
from graph_agent.models.local import server as server_module
from graph_agent.models.local.chat_model import LocalChatModel
from graph_agent.models.local.prompt_states import PromptStates
from graph_agent.models.local.server import SHARED_SERVERS, LocalServer
from graph_agent.prompts.generation import generation_messages
from graph_agent.records import Attempt
from graph_agent.state import AgentState
from nodes.opening import opening_messages

pytestmark = [pytest.mark.local_model, pytest.mark.timeout(300)]

SHORT = (
    SystemMessage("Answer with one word, please, and with nothing else."),
    HumanMessage("Capital of Italy?"),
    AIMessage("Rome"),
)
FRANCE = [*SHORT, HumanMessage("Capital of France?")]
HEADER_BYTES = 12
"""Magic number, version, and how many numbers follow: three, the tokens, and one more."""
PACKAGES = {"numpy": "2.3.0", "pandas": "3.0.0"}


@pytest.fixture
def states(tmp_path: Path) -> PromptStates:
    return PromptStates(tmp_path / "states")


@pytest.fixture
def model(weights: Path, states: PromptStates) -> Iterator[LocalChatModel]:
    yield LocalChatModel(
        model_name="local-small", path=weights, max_tokens=4, opening=SHORT, states=states
    )
    SHARED_SERVERS.close()


def asked(model: LocalChatModel, messages: Sequence[BaseMessage]) -> tuple[str, int]:
    """Return the answer, and how many tokens of the prompt were read before."""
    answer: Any = model.invoke(list(messages))
    return answer.text, answer.usage_metadata["input_token_details"]["cache_read"]


def the_state(states: PromptStates) -> Path:
    [path] = states.folder.iterdir()
    assert path.suffix == ".state"
    return path


def text_in(state: Path, server: LocalServer) -> str:
    """Return the text of the tokens in a state."""
    content = state.read_bytes()
    count = struct.unpack_from("<I", content, 8)[0]
    tokens = struct.unpack_from(f"<{count}i", content, HEADER_BYTES)[3:-1]
    return str(_post(server, "/detokenize", {"tokens": tokens})["content"])


def as_prompt(messages: Sequence[BaseMessage]) -> str:
    """Return the prompt of an empty question after these messages, as Qwen's template has it."""
    roles = {"system": "system", "human": "user", "ai": "assistant"}
    turns = [*messages, HumanMessage("")]
    texts = [f"<|im_start|>{roles[turn.type]}\n{turn.content}<|im_end|>\n" for turn in turns]
    return "".join(texts) + "<|im_start|>assistant\n"


def _post(server: LocalServer, path: str, body: object) -> Any:
    headers = {"Authorization": f"Bearer {server.api_key}"}
    return httpx.post(f"{server.url}{path}", json=body, headers=headers, trust_env=False).json()


def test_a_second_server_loads_what_the_first_one_read(
    model: LocalChatModel, states: PromptStates
) -> None:
    answer, known = asked(model, FRANCE)
    assert known > 20  # the opening was read before the question
    state = the_state(states)
    before = state.stat()
    model.close()
    assert asked(model, FRANCE) == (answer, known)
    after = the_state(states).stat()
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)  # not made again
    assert oct(after.st_mode & 0o777) == "0o600"


def test_a_state_that_crashes_the_server_is_made_again(
    model: LocalChatModel, states: PromptStates
) -> None:
    answer = asked(model, FRANCE)
    good = the_state(states)
    content = good.read_bytes()
    model.close()
    # What another version of the library may have left: its digest is right, its content isn't.
    part = states.new_part(good.name.partition("-")[0])
    part.write_bytes(content[: len(content) // 2])
    states.keep(part, len(content) // 2, good.name.partition("-")[0])
    assert the_state(states) != good
    assert asked(model, FRANCE) == answer
    assert the_state(states).read_bytes() == content


def test_each_slot_keeps_the_opening_of_its_kind(
    model: LocalChatModel, states: PromptStates
) -> None:
    other = [SystemMessage("Answer with a number alone, please."), *SHORT[1:2], AIMessage("1")]
    second = model.model_copy(update={"opening": tuple(other), "slot": 1})
    numbers = [*other, HumanMessage("How many days has a week?")]
    read = {asked(model, FRANCE)[1], asked(second, numbers)[1]}
    assert min(read) > 15
    # By turns, neither loses what the other has read.
    assert min(asked(model, FRANCE)[1], asked(second, numbers)[1]) > max(read)
    assert len(list(states.folder.iterdir())) == 2
    model.close()
    assert {asked(second, numbers)[1], asked(model, FRANCE)[1]} == read


class Full(PromptStates):
    """On a disk that is full."""

    def new_part(self, key: str) -> Path:
        part = super().new_part(key)
        part.symlink_to("/dev/full")
        return part


@pytest.mark.parametrize("room", ["none", "little"])
def test_a_full_disk_is_only_logged(
    model: LocalChatModel,
    states: PromptStates,
    room: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if room == "none":
        model = model.model_copy(update={"states": Full(states.folder)})
    else:
        monkeypatch.setattr(server_module, "MAX_BYTES", 10_000)
    with caplog.at_level(logging.INFO, "graph_agent"):
        answer, known = asked(model, FRANCE)
    assert (answer, known > 20) == ("Paris", True)
    assert [record.message for record in caplog.records if "can't be kept" in record.message]
    assert list(states.folder.iterdir()) == []


TIPS = """\
tips: pandas.DataFrame, 244 rows × 2 columns
  columns:
    'tip': float64
    'day_canary': str, 4 unique ('cellcanary', 'Fri')"""


def state_of(request: str) -> AgentState:
    return AgentState(request=request, summaries=[{"name": "tips", "text": TIPS}])


def test_only_the_opening_is_on_disk_and_later_prompts_are_read_in_part(
    model: LocalChatModel, states: PromptStates
) -> None:
    profile = profile_of(model)
    opening = opening_messages(profile, PACKAGES)
    model = model.model_copy(update={"opening": tuple(opening)})
    attempt = Attempt(number=1, code="codecanary = tips.tip.max()", problem="it is the wrong one")
    first = state_of("Which is the requestcanary?")
    prompts = {
        "first": generation_messages(first, [], profile, PACKAGES),
        "candidate": generation_messages(first, [], profile, PACKAGES),
        "retry": generation_messages(first, [attempt], profile, PACKAGES),
        "next": generation_messages(state_of("Mean tip by day?"), [], profile, PACKAGES),
    }
    read = {}
    for name, messages in prompts.items():
        answer: Any = model.invoke(messages)
        usage = answer.usage_metadata
        known = usage["input_token_details"]["cache_read"]
        read[name] = (usage["input_tokens"], known)
    [server] = SHARED_SERVERS
    assert text_in(the_state(states), server) == as_prompt(opening)
    assert "canary" not in as_prompt(opening)
    total, known = read["first"]
    assert known < total
    assert read["candidate"] == (total, total - 1)  # the last token is always read
    assert read["retry"][1] > total - 10  # up to where the answer begins
    assert read["next"][1] > known + 30  # the same table, described before the request
