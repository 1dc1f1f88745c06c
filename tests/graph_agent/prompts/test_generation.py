"""The prompt for the next attempt."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from graph_agent.models import ModelProfile
from graph_agent.prompts.examples import EXAMPLES
from graph_agent.prompts.generation import ANOTHER, FIX, generation_messages, libraries_text
from graph_agent.records import Analysis, Attempt, ExecutionRecord
from graph_agent.state import AgentState
from tests.graph_agent.prompts.hostile import attempt, state

LARGE = ModelProfile("large", "test")
SMALL = ModelProfile("small", "local", worked_examples=True)
PACKAGES = {"numpy": "2.3.1", "pandas": "3.1.0", "six": "1.17.0"}


def solved(number: int = 1) -> Attempt:
    analysis = Analysis(success=True, should_retry=False, explanation="Seen.")
    execution = ExecutionRecord(outcome="ok")
    return Attempt(number=number, code="x = 1", execution=execution, analysis=analysis)


def test_first_prompt() -> None:
    given = state(returns=["pivot", "total"], checks="assert total > 0")
    system, task = generation_messages(given, [], LARGE, PACKAGES)
    assert isinstance(system, SystemMessage)
    assert "numpy 2.3.1, pandas 3.1.0" in system.text
    assert task.text.startswith("Variables:\nwide_0: pandas.DataFrame")
    for wanted in (given["request"], "Define these variables: pivot, total", "assert total > 0"):
        assert wanted in task.text


def test_a_small_model_gets_worked_examples() -> None:
    messages = generation_messages(state(), [], SMALL, PACKAGES)
    assert [message.text for message in messages[1:5]] == [
        text for pair in EXAMPLES for text in pair
    ]
    assert [type(message) for message in messages[1:3]] == [HumanMessage, AIMessage]


def test_what_is_the_same_for_all_requests_about_the_values_comes_first() -> None:
    """A local server processes only what follows the part that it has seen before."""
    kinds = {"answer": {"class": "builtins.int"}}

    def prompt(request: str) -> str:
        given: AgentState = state(request=request, returns=["answer"], return_types=kinds)
        return generation_messages(given, [], SMALL, PACKAGES)[-1].text

    first, second = prompt("How many rows are there?"), prompt("Longest name of all?")
    variables, _, rest = first.partition("Examples from other data")
    assert second.startswith(variables)
    assert rest.index("# How many") < rest.index("Request: How many rows")
    assert first.endswith("answer must be one whole number, not a label, a list or a Series.")


def test_only_a_small_model_gets_what_resembles_the_request() -> None:
    summaries = [{"name": "df", "type": "T", "text": "df: T", "columns": ["unit price"]}]
    given: AgentState = state(request="Highest unit price?", summaries=summaries)
    assert "may be meant: 'unit price'" in generation_messages(given, [], SMALL, PACKAGES)[-1].text
    large = generation_messages(given, [], LARGE, PACKAGES)[-1].text
    assert "Examples from" not in large
    assert "may be meant" not in large


def test_after_a_failure_it_shows_the_code_and_asks_for_a_fix() -> None:
    *_, code, last = generation_messages(state(), [attempt()], LARGE, PACKAGES)
    assert isinstance(code, AIMessage)
    assert code.text.startswith("```python\nx0 = 0")
    assert last.text.startswith("Attempt 1 did not succeed.")
    assert last.text.endswith(FIX)
    assert "KeyError" in last.text


def test_after_a_failure_a_small_model_is_reminded_of_the_request() -> None:
    kinds = {"answer": {"class": "builtins.int"}}
    given: AgentState = state(request="How many?", returns=["answer"], return_types=kinds)
    *_, last = generation_messages(given, [attempt()], SMALL, PACKAGES)
    assert last.text.index(FIX) < last.text.index("Request: How many?")
    assert last.text.endswith("answer must be one whole number, not a label, a list or a Series.")


def test_after_a_success_it_asks_for_another_program() -> None:
    *_, last = generation_messages(state(), [solved()], LARGE, PACKAGES)
    assert "Attempt 1 succeeded" in last.text
    assert last.text.endswith(ANOTHER)


def test_a_fork_with_a_new_request_shows_both() -> None:
    forked: AgentState = state(
        request="Plot b", setup={"forked_from": {"attempt": 1, "request": "Plot a"}}
    )
    *_, last = generation_messages(forked, [solved()], LARGE, PACKAGES)
    assert "previous request: Plot a\n" in last.text
    assert "now: Plot b" in last.text


@pytest.mark.parametrize(
    ("earlier", "headline"),
    [
        (attempt(), "KeyError"),
        (solved(), "succeeded"),
        (Attempt(number=1, code="", problem="the answer held no code"), "the answer held no code"),
        (Attempt(number=1, code="x", execution=ExecutionRecord(outcome="timeout")), "timeout"),
        (Attempt(number=1, code="x"), "not run"),
    ],
    ids=["error", "success", "problem", "timeout", "not run"],
)
def test_earlier_attempts_get_a_line(earlier: Attempt, headline: str) -> None:
    *_, last = generation_messages(state(), [earlier, attempt(2)], LARGE, PACKAGES)
    assert f"- attempt 1: {headline}\n" in last.text


def test_only_known_libraries_are_listed() -> None:
    assert libraries_text(PACKAGES) == "numpy 2.3.1, pandas 3.1.0"
