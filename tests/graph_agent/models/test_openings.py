"""The opening is given to models that use it, and changes nothing else."""

from __future__ import annotations

from pathlib import Path

from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from graph_agent.models import Question, create_client, profile_of, spec_of
from graph_agent.models.profiles import with_opening

OPENING = [SystemMessage("Answer.")]


def unused() -> list[SystemMessage]:
    raise AssertionError("not needed")


def test_other_models_are_unchanged() -> None:
    client = FakeListChatModel(responses=["x"])
    assert with_opening(client, unused) is client


def test_the_local_model_gets_it_and_stays_the_same_otherwise(tmp_path: Path) -> None:
    weights = tmp_path / "x.gguf"
    weights.write_bytes(b"GGUF" + bytes(100))
    client = create_client("local", model_path=weights)
    told = with_opening(client, lambda: OPENING)
    assert told.opening == (*OPENING,)  # type: ignore[attr-defined]  # the local model's
    assert spec_of(told) == spec_of(client)
    keys = {
        Question(model, profile_of(model), [HumanMessage("hi")], "generate").key()
        for model in (client, told)
    }
    assert len(keys) == 1
    assert None not in keys
