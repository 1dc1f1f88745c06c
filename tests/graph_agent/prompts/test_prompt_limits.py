"""Both prompts stay within their limits, whatever the state holds, and keep what matters most."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from langchain_core.messages import BaseMessage

from graph_agent.models import ModelProfile
from graph_agent.prompts.analysis import analysis_messages
from graph_agent.prompts.bounds import MAX_PROMPT_CHARS, estimated_tokens, prompt_chars
from graph_agent.prompts.generation import generation_messages
from graph_agent.records import Attempt, ErrorRecord, PrivacyLevel
from graph_agent.state import AgentState
from tests.graph_agent.prompts.hostile import FAILING, REQUEST, SECRET, attempt, findings, state

BIG = ModelProfile("big", "test")
PACKAGES = {"numpy": "2.3.1", "pandas": "3.1.0"}
LEVELS = get_args(PrivacyLevel)
HUGE_LINE = "z" * 10_000_000
DEEP = "[" * 200_000 + "]" * 200_000


def both(given: AgentState, attempts: list[Attempt]) -> dict[str, str]:
    """Build both prompts, check their size, and return their texts."""
    found = attempts[-1].analysis.findings if attempts and attempts[-1].analysis else []
    prompts = {"generate": generation_messages(given, attempts, BIG, PACKAGES)}
    if attempts:
        prompts["analyze"] = analysis_messages(given, attempts, list(found))
    texts = {}
    for name, messages in prompts.items():
        size = prompt_chars(messages)
        print(f"{name}: {size} characters")
        assert size <= MAX_PROMPT_CHARS, name
        texts[name] = joined(messages)
    return texts


def joined(messages: list[BaseMessage]) -> str:
    return "\n".join(message.text for message in messages)


def with_outcome(**changes: Any) -> Attempt:
    failed = attempt()
    assert failed.execution is not None
    return failed.model_copy(update={"execution": failed.execution.model_copy(update=changes)})


def error(message: str) -> ErrorRecord:
    trace = f'  File "<generated>", line 3\n    {FAILING}\nValueError: {message}'
    return ErrorRecord(name="ValueError", message=message, traceback=trace, line=3)


HOSTILE = {
    "10 attempts": lambda level: (state(privacy=level), [attempt(n) for n in range(1, 11)]),
    "100 attempts": lambda level: (state(privacy=level), [attempt(n) for n in range(1, 101)]),
    "1,000 columns": lambda level: (state(n_columns=1_000, privacy=level), [attempt()]),
    "100 variables": lambda level: (state(100, n_columns=50, privacy=level), [attempt()]),
    "1,000 variables": lambda level: (state(1_000, n_columns=50, privacy=level), [attempt()]),
    "500 returned": lambda level: (state(privacy=level), [attempt(returned=500)]),
    "a line of 10 MB": lambda level: (
        state(privacy=level),
        [with_outcome(stdout=HUGE_LINE, stderr=HUGE_LINE, display_text=HUGE_LINE)],
    ),
    "an error of 1 MB": lambda level: (
        state(privacy=level),
        [with_outcome(error=error("e" * 1_000_000), check_error=error("e" * 1_000_000))],
    ),
    "deep findings": lambda level: (
        state(privacy=level),
        [
            attempt().model_copy(
                update={
                    "analysis": attempt().analysis.model_copy(  # type: ignore[union-attr]  # it has one
                        update={"findings": findings(5_000, DEEP), "plan": DEEP * 2}
                    )
                }
            )
        ],
    ),
    "everything at its maximum": lambda level: (
        state(
            1_000,
            n_columns=1_000,
            privacy=level,
            request=f"{REQUEST} {'q' * (20_000 - len(REQUEST) - 7)} LAST.",
            checks="assert True\n" * 100_000,
            returns=[f"name_{index}" for index in range(10_000)],
            variables={"unsendable": {f"lock_{n}": "it holds a lock " * 99 for n in range(500)}},
        ),
        [attempt(n, times=1_000, returned=500) for n in range(1, 11)],
    ),
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", HOSTILE)
def test_prompts_of_hostile_states_are_bounded(name: str, level: PrivacyLevel) -> None:
    given, attempts = HOSTILE[name](level)
    for text in both(given, attempts).values():
        assert given["request"] in text
        assert FAILING in text
        last = attempts[-1].execution
        assert last is not None
        assert last.error is not None
        assert last.error.name in text
        assert (SECRET in text) is (level == "sample" and SECRET in str(last))


def test_prompt_does_not_grow_with_the_number_of_attempts() -> None:
    sizes = {}
    for count in (10, 50, 100):
        attempts = [attempt(number) for number in range(1, count + 1)]
        sizes[count] = prompt_chars(generation_messages(state(), attempts, BIG, PACKAGES))
    print(sizes)
    # The attempts' numbers have one digit more.
    assert sizes[50] - sizes[10] <= 20
    assert sizes[100] - sizes[50] <= 20


def test_the_prompt_says_what_is_left_out() -> None:
    given, attempts = HOSTILE["everything at its maximum"]("sample")
    text = both(given, attempts)["generate"]
    assert "Described briefly" in text
    assert "more before these" in text
    assert text.count("characters left out") >= 4
    assert text.count("… and ") >= 3


@pytest.mark.parametrize("window", [3_000, 7_168, 20_000])
def test_small_window_is_kept(window: int) -> None:
    small = ModelProfile("s", "local", worked_examples=True, context_tokens=window)
    given, attempts = HOSTILE["everything at its maximum"]("sample")
    given["request"] = REQUEST
    for messages in (
        generation_messages(given, attempts, small, PACKAGES),
        analysis_messages(given, attempts, findings(1_000), profile=small),
    ):
        tokens = estimated_tokens(messages)
        print(prompt_chars(messages), "characters,", tokens, "tokens of", window)
        assert tokens <= window
        for kept in (REQUEST, FAILING, "KeyError"):
            assert kept in joined(messages)


def test_a_large_window_changes_nothing() -> None:
    million = ModelProfile("m", "google", context_tokens=1_048_576)
    given, attempts = HOSTILE["100 variables"]("sample")
    assert joined(generation_messages(given, attempts, million, PACKAGES)) == joined(
        generation_messages(given, attempts, BIG, PACKAGES)
    )


def test_a_lone_surrogate_can_be_sent() -> None:
    broken = "\ud83d and \udcff"
    for text in both(state(request=broken), [with_outcome(stdout=broken)]).values():
        text.encode()
        assert "? and ?" in text
