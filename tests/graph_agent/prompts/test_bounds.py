"""Prompts stay bounded, and what matters most stays in them."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from langchain_core.messages import BaseMessage

from graph_agent.models import ModelProfile
from graph_agent.prompts import analysis_messages, generation_messages
from graph_agent.prompts.bounds import MAX_PROMPT_CHARS, Part, clip, fit, text_part
from graph_agent.prompts.lists import described, listed
from graph_agent.prompts.windows import prompt_chars
from graph_agent.records import Attempt, ErrorRecord, PrivacyLevel
from graph_agent.state import AgentState
from tests.graph_agent.prompts.hostile import FAILING, REQUEST, SECRET, attempt, findings, state

BIG = ModelProfile("big", "test")
PACKAGES = {"numpy": "2.3.1", "pandas": "3.1.0"}
LEVELS = get_args(PrivacyLevel)
HUGE_LINE = "z" * 10_000_000
DEEP = "[" * 200_000 + "]" * 200_000


def both(given: AgentState, attempts: list[Attempt]) -> dict[str, str]:
    """Build both prompts and return their texts, measured and held to the bound."""
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
    return "\n".join(one.text for one in messages)


def with_outcome(**changes: Any) -> Attempt:
    one = attempt()
    assert one.execution is not None
    return one.model_copy(update={"execution": one.execution.model_copy(update=changes)})


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
    "all at their most": lambda level: (
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
    # A digit more in the numbers of the attempts.
    assert sizes[50] - sizes[10] <= 20
    assert sizes[100] - sizes[50] <= 20


def test_all_at_once_says_what_is_left_out() -> None:
    given, attempts = HOSTILE["all at their most"]("sample")
    text = both(given, attempts)["generate"]
    assert "Described in short for want of room" in text
    assert "more before these" in text
    assert text.count("characters left out") >= 4
    assert text.count("… and ") >= 3


@pytest.mark.parametrize("window", [3_000, 7_168, 20_000])
def test_small_window_is_kept(window: int) -> None:
    from graph_agent.prompts.windows import estimated_tokens

    small = ModelProfile("s", "local", worked_examples=True, context_tokens=window)
    given, attempts = HOSTILE["all at their most"]("sample")
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


def test_window_that_is_large_changes_nothing() -> None:
    million = ModelProfile("m", "google", context_tokens=1_048_576)
    given, attempts = HOSTILE["100 variables"]("sample")
    assert joined(generation_messages(given, attempts, million, PACKAGES)) == joined(
        generation_messages(given, attempts, BIG, PACKAGES)
    )


def test_column_the_request_names_survives() -> None:
    for request in ("Mean of column_777 by column_3", "Plot the 'unit price' over column_777"):
        given = state(n_columns=1_000, request=request)
        [summary] = given["summaries"]
        summary["columns"][5] = "unit price"
        text = both(given, [])["generate"]
        assert "column_777" not in summary["text"]
        assert "also has the columns" in text
        assert text.count("'column_777'") == 1
        assert ("'unit price'" in text.partition("Request:")[0]) is ("unit price" in request)
        assert "'column_778'" not in text
        del summary["columns"]  # as summaries made before there were columns
        assert "also has the columns" not in both(given, [])["generate"]


def test_variable_the_request_names_is_described_first() -> None:
    given = state(100, n_columns=50, request="Plot wide_93")
    before = both(given, [])["generate"].partition("Described in short")[0]
    assert "wide_93: pandas.DataFrame" in before
    assert "wide_0: pandas.DataFrame" in before
    assert "wide_92: pandas.DataFrame" not in before


def test_plan_quotes_no_value_below_sample() -> None:
    one = attempt()
    assert one.analysis is not None
    assert SECRET in one.analysis.plan
    text = both(state(privacy="stats"), [one])["generate"]
    assert "PLAN. Mend this: what the rule 'outcome' found." in text
    assert SECRET not in text


def test_half_a_surrogate_pair_can_be_sent() -> None:
    broken = "\ud83d and \udcff"
    for text in both(state(request=broken), [with_outcome(stdout=broken)]).values():
        text.encode()
        assert "? and ?" in text


@pytest.mark.parametrize("most", [0, 1, 10, 59, 60, 100, 399, 500, 999, 1_000, 5_000])
@pytest.mark.parametrize("keep", [None, 0, 500, 999])
def test_clip_keeps_within_and_says_how_much(most: int, keep: int | None) -> None:
    text = "".join(str(index % 10) for index in range(1_000))
    clipped = clip(text, most, keep)
    assert len(clipped) <= most
    assert (clipped == text) is (most >= 1_000)
    if 60 <= most < 1_000:
        told = sum(int(one.split()[1]) for one in clipped.split("\n") if one.startswith("… "))
        kept = sum(len(one) for one in clipped.split("\n") if not one.startswith("… "))
        assert told + kept == 1_000


def test_lists_count_what_they_leave_out() -> None:
    items = [f"item_{index}" for index in range(1_000)]
    text = listed(items, 200)
    assert len(text) <= 200
    shown = text.count("item_")
    assert text.endswith(f"… and {1_000 - shown} more")
    assert shown > 10
    texts = [f"{one}: head\n{'long ' * 100}" for one in items]
    told = described(texts, [f"{one}: head" for one in items], {999}, 5_000, "\n")
    assert len(told) <= 5_000
    assert told.index("item_999: head\nlong") > told.index("item_0: head\nlong")


def test_least_important_part_is_shortened_first() -> None:
    parts = [
        text_part("X" * 2_000, 0, 5_000),
        text_part("Y" * 2_000, 2, 5_000),
        text_part("Z" * 2_000, 1, 5_000),
    ]
    assert fit(parts, 7_000).count("X") == 2_000
    text = fit(parts, 4_900)
    counts = [text.count(one) for one in "XYZ"]
    assert counts[0] == 2_000
    assert counts[2] == 2_000
    assert counts[1] < 900
    for most in (4_000, 2_000, 800, 500):
        assert len(fit(parts, most)) <= most
    assert isinstance(parts[0], Part)
