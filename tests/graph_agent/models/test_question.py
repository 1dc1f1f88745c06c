"""The hash of a question: everything that the answer depends on, and no key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel

from graph_agent.models import Question, create_client, profile_of
from tests.scripted_model import ScriptedModel

MESSAGES: list[BaseMessage] = [SystemMessage("Rules"), HumanMessage("Count \u00e9\ud800")]


class Verdict(BaseModel):
    success: bool


class OtherVerdict(BaseModel):
    success: bool
    why: str = ""


def gemini(model: str = "gemini-2.5-flash", **options: object) -> BaseChatModel:
    given = {"api_key": "a-key", "base_url": "http://127.0.0.1:9", **options}
    return create_client(model, **given)  # type: ignore[arg-type]  # as the tests write them


def question(client: BaseChatModel | None = None, **changes: object) -> Question:
    given = {"messages": MESSAGES, "tag": "generate", **changes}
    client = client or gemini()
    return Question(client, profile_of(client), **given)  # type: ignore[arg-type]  # as above


def key_of(client: BaseChatModel) -> str | None:
    return question(client).key()


OTHERS: list[Callable[[], Question]] = [
    lambda: question(gemini(temperature=0.5)),
    lambda: question(gemini("gemini-2.5-pro")),
    lambda: question(gemini().model_copy(update={"top_p": 0.5})),
    lambda: question(gemini().model_copy(update={"max_output_tokens": 50})),
    lambda: question(gemini(base_url="http://127.0.0.1:9/proxy")),
    lambda: question(schema=Verdict),
    lambda: question(messages=MESSAGES[1:]),
    lambda: question(messages=[HumanMessage("Rules"), *MESSAGES[1:]]),
    lambda: question(messages=[MESSAGES[0], HumanMessage([{"type": "text", "text": "Count"}])]),
]


@pytest.mark.parametrize("other", OTHERS)
def test_any_other_question_has_another_hash(other: Callable[[], Question]) -> None:
    assert question().key() == question().key() is not None
    assert other().key() == other().key() != question().key()


def test_another_record_is_another_question() -> None:
    assert question(schema=Verdict).key() != question(schema=OtherVerdict).key()


def test_an_address_in_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = set()
    for address in ("http://127.0.0.1:9", "http://127.0.0.1:10"):
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", address)
        keys.add(question().key())
    assert len(keys) == 2


def test_a_setting_changed_later_counts() -> None:
    client = gemini(temperature=0.0)
    before = key_of(client)
    client.temperature = 0.7  # type: ignore[attr-defined]  # of Gemini's client
    assert key_of(client) != before


def test_the_same_users_other_key_does_not_count() -> None:
    assert key_of(gemini()) == key_of(gemini(api_key="another-key"))


class Own(ScriptedModel):
    """A chat model of the user's own."""

    temperature: float = 0.0
    weights: Path | None = None


def test_a_users_own_model_is_described_by_its_fields(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.write_text("1")
    key = key_of(Own(weights=weights))
    assert key_of(Own(weights=weights)) == key is not None
    assert key_of(Own(weights=weights, temperature=1.0)) != key
    assert key_of(ScriptedModel()) != key
    weights.write_text("other")
    assert key_of(Own(weights=weights)) != key


def test_a_model_that_cannot_be_described_has_no_hash() -> None:
    assert key_of(ScriptedModel(codes=[lambda messages: "from code"])) is None


def test_what_is_sent_is_role_and_content() -> None:
    assert question().sent() == [
        {"role": "system", "content": "Rules"},
        {"role": "human", "content": MESSAGES[1].content},
    ]
