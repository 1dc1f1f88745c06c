"""How an evaluation starts."""

from __future__ import annotations

from graph_agent.config.settings import Settings
from graph_agent.evaluation.journal import Setup
from graph_agent.evaluation.starting import new_setup
from tests.graph_agent.evaluation.small_suites import suite
from tests.scripted_model import ScriptedModel


def setup(settings: Settings, client: object = "local", **options: object) -> Setup:
    """Make a set-up."""
    given = {"limit": None, "seed": 0, "candidates": None, "max_attempts": None, "checks": False}
    return new_setup(suite(2), client, settings, **{**given, **options})  # type: ignore[arg-type]  # by name


def test_what_is_not_given_comes_from_the_settings(settings: Settings) -> None:
    own = settings.model_copy(update={"candidates": 3, "max_attempts": 4, "model": "local-small"})
    found = setup(own, None)
    assert (found.candidates, found.max_attempts, found.model) == (3, 4, "local-small")
    given = setup(own, ScriptedModel(), candidates=2, max_attempts=1)
    assert (given.candidates, given.max_attempts, given.model) == (2, 1, "ScriptedModel")


def test_each_evaluation_has_threads_of_its_own(settings: Settings) -> None:
    assert setup(settings).run != setup(settings).run
