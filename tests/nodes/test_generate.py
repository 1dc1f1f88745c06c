"""The attempt that an answer becomes, and why its code may not be worth running."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from graph_agent.errors import ModelAnswerError
from graph_agent.models import CallLog, ModelProfile, Work, run_steps
from graph_agent.models.local.chat_model import LocalChatModel
from graph_agent.models.profiles import RETRY_TEMPERATURE
from graph_agent.records import Analysis, Attempt
from nodes.dependencies import Dependencies
from nodes.generate import generate, problem_of
from sandbox import VariableStore
from tests.benchmarks.instant import InstantSandbox
from tests.scripted_model import ScriptedModel, fenced

FAILED = Attempt(
    number=1, code="x = 1", analysis=Analysis(success=False, should_retry=True, explanation="")
)


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        ("", "no_code", "no code"),
        (" \n", "no_code", "no code"),
        ("# only a comment", "no_code", "no statement"),
        ("x = 1\ny = (", "syntax", "line 2"),
        ("x = '\0'", "syntax", "parse"),
        ("x=1  # the same", "repeat", "attempt 1"),
    ],
)
def test_code_that_is_not_worth_running(code: str, kind: str, says: str) -> None:
    problem = problem_of(code, [FAILED], {})
    assert problem is not None
    assert problem.kind == kind
    assert says in problem.text


def test_code_that_is_worth_running() -> None:
    assert problem_of("x = 1", [], {}) is None
    assert problem_of("x = 2", [FAILED], {}) is None


@pytest.mark.parametrize(
    "code", ["x = a" + ".b()" * 700, "x = 1" + "+1" * 1_500, "if a:\n    x = 1" + "+1" * 1_500]
)
def test_code_nested_too_deeply_to_look_at_has_no_problem(code: str) -> None:
    assert problem_of(code, [], {}) is None


@pytest.fixture
def store(tmp_path: Any) -> VariableStore:
    return VariableStore(tmp_path)


def generated(store: VariableStore, *answers: Any, **state: Any) -> dict[str, Any]:
    return generated_by(ScriptedModel(codes=list(answers)), store, **state)


def generated_by(model: ScriptedModel, store: VariableStore, **state: Any) -> dict[str, Any]:
    dependencies = Dependencies(
        client=lambda _: model,
        sandbox=InstantSandbox(),  # type: ignore[arg-type]  # nothing stops it
        store=store,
        calls=CallLog(store.root / "calls"),
    )
    given: Any = {"request": "Add it up", **state}
    steps = generate(given, RunnableConfig(), Runtime(), dependencies=dependencies)
    return run_steps(steps)


def test_a_new_run_starts_with_its_first_attempt(store: VariableStore) -> None:
    update = generated(store, fenced("x = 1"), attempts=[FAILED.to_state()], decision="done")
    [attempt] = update["attempts"]
    assert (attempt["number"], attempt["code"], attempt["problem"]) == (1, "x = 1", None)
    assert update["usage"]["generate"]["calls"] == 1
    assert (update["success"], update["decision"]) == (False, None)


def test_a_retry_adds_an_attempt(store: VariableStore) -> None:
    update = generated(store, fenced("x = 1"), attempts=[FAILED.to_state()], decision="retry")
    assert [attempt["number"] for attempt in update["attempts"]] == [1, 2]
    assert update["attempts"][1]["problem_kind"] == "repeat"
    assert "success" not in update


@pytest.fixture
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    small = ModelProfile("small", "local", worked_examples=True)
    monkeypatch.setattr("nodes.generate.profile_of", lambda _: small)


@pytest.mark.usefixtures("small_model")
def test_a_small_model_that_repeats_itself_is_asked_without_what_failed(
    store: VariableStore,
) -> None:
    model = ScriptedModel(codes=[fenced("x = 1"), fenced("x = 2")])
    retry: dict[str, Any] = {"attempts": [FAILED.to_state()], "decision": "retry"}
    update = generated_by(model, store, **retry)
    assert [attempt["code"] for attempt in update["attempts"]] == ["x = 1", "x = 2"]
    assert update["usage"]["generate"]["calls"] == 2
    assert "did not succeed" in model.prompt(0)
    assert "did not succeed" not in model.prompt(1)
    # If it repeats itself once more, the attempt is spent.
    update = generated(store, fenced("x = 1"), fenced("x = 1"), **retry)
    assert update["attempts"][1]["problem_kind"] == "repeat"


@pytest.mark.usefixtures("small_model")
def test_it_is_not_asked_again_beyond_the_budget(store: VariableStore) -> None:
    retry: dict[str, Any] = {"attempts": [FAILED.to_state()], "decision": "retry"}
    update = generated(store, fenced("x = 1"), budget={"model_calls": 1}, **retry)
    assert update["attempts"][1]["problem_kind"] == "repeat"


def test_an_unusable_answer_is_an_attempt_without_code(store: VariableStore) -> None:
    update = generated(store, ModelAnswerError("cut off", "truncated", 5, 6))
    [attempt] = update["attempts"]
    assert (attempt["code"], attempt["problem_kind"]) == ("", "truncated")
    assert update["usage"]["generate"]["input_tokens"] == 5


def test_a_blocked_answer_ends_the_run(store: VariableStore) -> None:
    with pytest.raises(ModelAnswerError):
        generated(store, ModelAnswerError("no", "blocked"))


def test_what_was_changed_in_the_answer_is_noted(store: VariableStore) -> None:
    update = generated(store, fenced("%matplotlib inline\nx = 1"))
    [attempt] = update["attempts"]
    assert (attempt["code"], attempt["problem"]) == ("x = 1", None)
    assert attempt["notes"] == ["dropped `%matplotlib inline`"]


def test_code_keeps_the_tags_of_thoughts_in_its_strings(store: VariableStore) -> None:
    code = "x = df['answer'].str.replace(r'<think>.*?</think>', '', regex=True)"
    [attempt] = generated(store, f"<think>Easy.</think>{fenced(code)}")["attempts"]
    assert attempt["code"] == code


def asked_with(store: VariableStore, model: LocalChatModel, attempts: list[Any]) -> LocalChatModel:
    """Return the client that the next attempt is asked from; nothing is asked."""
    dependencies = Dependencies(
        client=lambda _: model,
        sandbox=InstantSandbox(),  # type: ignore[arg-type]  # nothing stops it
        store=store,
        calls=CallLog(store.root / "calls"),
    )
    state: Any = {"request": "Add it up", "attempts": attempts, "decision": "retry"}
    steps = generate(state, RunnableConfig(), Runtime(), dependencies=dependencies)
    prepare = next(steps)
    assert isinstance(prepare, Work)
    asked: Any = prepare.run()
    client = asked.question.client
    assert isinstance(client, LocalChatModel)
    return client


def test_a_small_model_is_asked_for_another_answer_after_a_failure(store: VariableStore) -> None:
    model = LocalChatModel(model_name="m", path=Path("m.gguf"))
    assert asked_with(store, model, []).temperature == 0.0
    retried = asked_with(store, model, [FAILED.to_state()])
    assert (retried.temperature, retried.seed) == (RETRY_TEMPERATURE, model.seed + 1)


ONE_NUMBER = {
    "returns": ["total"],
    "return_types": {"total": {"class": "builtins.int"}},
    "summaries": [{"name": "df", "type": "pandas.DataFrame", "text": "df: a table"}],
}


@pytest.mark.usefixtures("small_model")
def test_a_small_model_writes_the_second_program_of_a_short_question_from_another_prompt(
    store: VariableStore,
) -> None:
    model = ScriptedModel(codes=["answer = 2"])
    first = Attempt(number=1, code="total = 1").to_state()
    update = generated_by(
        model, store, attempts=[first], decision="candidate", candidates=3, **ONE_NUMBER
    )
    [attempt] = update["attempts"]
    assert attempt["code"] == "answer = 2\ntotal = answer"
    assert [other["code"] for other in attempt["others"]] == ["total = 1"]
    assert "answer: a number" in model.prompt(0)


def test_another_model_gets_the_same_prompt_for_all_programs(store: VariableStore) -> None:
    model = ScriptedModel(codes=[fenced("total = 2")])
    first = Attempt(number=1, code="total = 1").to_state()
    generated_by(model, store, attempts=[first], decision="candidate", candidates=3, **ONE_NUMBER)
    assert "answer: a number" not in model.prompt(0)
    assert "total (an int)" in model.prompt(0)
