"""One question through the graph."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel

from graph_agent.config.settings import Settings
from graph_agent.errors import ModelAnswerError, ModelRequestError, RunStoppedError
from graph_agent.evaluation.asking import Asking
from tests.graph_agent.evaluation.small_suites import question
from tests.graph_agent.evaluation.test_journal import SETUP
from tests.one_container import OneContainer
from tests.scripted_model import ScriptedModel, fenced, verdict


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


def asking(model: BaseChatModel, settings: Settings, sandbox: OneContainer, **setup: Any) -> Asking:
    """Set up an evaluation with a model."""
    return Asking(SETUP.model_copy(update=setup), lambda _: model, settings, sandbox)


def test_each_attempt_is_judged(settings: Settings, sandbox: OneContainer) -> None:
    model = ScriptedModel(
        codes=[fenced("answer = 1 / 0"), fenced("answer = 4"), fenced("answer = 3")],
        verdicts=[verdict(False), verdict(False), verdict(True)],
    )
    found = asking(model, settings, sandbox).ask(question("q"))
    assert (found.verdict, found.calls, found.input_tokens) == ("right", 6, 60)
    assert [(each.outcome, each.right, each.success) for each in found.attempts] == [
        ("error", False, False),
        ("ok", False, False),
        ("ok", True, True),
    ]
    assert found.last is not None
    assert found.last.judged_by == "model"
    assert found.seconds > 0


def test_silently_wrong_and_the_judge_stays_hidden(
    settings: Settings, sandbox: OneContainer
) -> None:
    model = ScriptedModel(codes=[fenced("answer = 4")], verdicts=[verdict(True)])
    found = asking(model, settings, sandbox).ask(question("q"))
    assert found.verdict == "silently wrong"
    assert not any("same_answer" in model.prompt(index) for index in range(2))


def test_the_judge_passed_on_as_checks(settings: Settings, sandbox: OneContainer) -> None:
    model = ScriptedModel(codes=[fenced("answer = 4"), fenced("answer = 3")])
    found = asking(model, settings, sandbox, checks=True).ask(question("q"))
    assert found.verdict == "right"
    assert [each.right for each in found.attempts] == [False, True]
    assert "same_answer" in model.prompt(0)


def test_several_programs(settings: Settings, sandbox: OneContainer) -> None:
    codes = [fenced(f"answer = {value}") for value in (4, 3, 3)]
    model = ScriptedModel(codes=codes, verdicts=[verdict(True)])
    found = asking(model, settings, sandbox, candidates=3).ask(question("q"))
    assert found.last is not None
    assert (found.verdict, found.last.agreement) == ("right", (2, 3))


def test_a_model_that_gives_no_answer_is_a_result(
    settings: Settings, sandbox: OneContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = asking(ScriptedModel(), settings, sandbox)
    monkeypatch.setattr(
        "graph_agent.workflow.AgentWorkflow.run_sync",
        lambda _: (_ for _ in ()).throw(ModelAnswerError("blocked by a filter", "blocked")),
    )
    found = box.ask(question("q"))
    assert (found.verdict, found.problem) == ("reported as failed", "blocked by a filter")


def test_a_cut_off_question_goes_on_where_it_was(settings: Settings, sandbox: OneContainer) -> None:
    broken = ScriptedModel(
        codes=[fenced("answer = 3")],
        verdicts=[ModelRequestError("no")],
    )
    with pytest.raises(ModelRequestError):
        asking(broken, settings, sandbox).ask(question("q"))
    second = ScriptedModel(verdicts=[verdict(True)])
    found = asking(second, settings, sandbox).ask(question("q"))
    assert (found.verdict, second.calls) == ("right", ["analyze"])


def test_nothing_is_asked_once_it_is_stopped(settings: Settings, sandbox: OneContainer) -> None:
    box = asking(ScriptedModel(), settings, sandbox)
    box.runs.stop()
    with pytest.raises(RunStoppedError):
        box.ask(question("q"))
