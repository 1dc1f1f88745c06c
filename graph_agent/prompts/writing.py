"""The prompt of the generate node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from graph_agent.models import ModelProfile
from graph_agent.prompts.bounds import (
    MAX_CODE_CHARS,
    MAX_NAMES_CHARS,
    MAX_REQUEST_CHARS,
    MAX_VARIABLES_CHARS,
    MIN_CODE_CHARS,
    MIN_REQUEST_CHARS,
    Part,
    clip,
    sendable,
    shortened,
    text_part,
)
from graph_agent.prompts.examples import EXAMPLES, EXAMPLES_SYSTEM
from graph_agent.prompts.lists import listed
from graph_agent.prompts.outcomes import code_text, problem_parts
from graph_agent.prompts.variables import request_part, variables_text
from graph_agent.prompts.windows import prompt_chars, within_window
from graph_agent.records import Attempt
from graph_agent.state import AgentState

SYSTEM = """\
You are an expert Python data scientist. You answer a request about the user's data by writing one \
complete Python program. It runs once, from its first line, in an isolated container.

Rules:
- The variables described below already exist as globals. Use them as they are; never load, \
recreate or make up their data, and do not change them unless the request says so.
- There is no network and no access to the user's files. Use only the standard library and: \
{libraries}.
- Leave every result the request asks for in a global variable with a telling name, and print it \
when it is small.
- Draw each figure that is asked for with matplotlib or seaborn, labelled and readable, and leave \
it open or call plt.show(). Draw none that is not asked for.
- No input(), no command line, no placeholder, no code that only pretends.
- Let errors be raised; do not catch them to print them.

Think the steps through, then answer with exactly one fenced ```python block that holds the whole \
program."""

MAX_EARLIER = 8
"""Attempts before the last that get a line."""
NAMED_LIBRARIES = (
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "scikit-learn",
    "statsmodels",
    "matplotlib",
    "seaborn",
    "plotly",
    "polars",
    "openpyxl",
)

FENCE = "```python\n{}\n```"
MEND = (
    "Write the whole program again, mended, in one fenced ```python block. Do not repeat the"
    " code that failed."
)

ANOTHER = (
    "Write a whole program for the request as it is now, in one fenced ```python block. Do not"
    " give the same program again."
)


def generation_messages(
    state: AgentState,
    attempts: list[Attempt],
    profile: ModelProfile,
    packages: Mapping[str, str],
) -> list[BaseMessage]:
    """Build the prompt of the next attempt, bounded whatever the state holds."""
    libraries = libraries_text(packages)

    task = list(_task(state))
    code = [Part(lambda most: _fenced(attempts[-1], most), 5, MAX_CODE_CHARS, MIN_CODE_CHARS)]
    parts = [*task, *(code if attempts else ()), *_last_round(state, attempts)]

    def build(max_chars: int) -> list[BaseMessage]:
        messages = _opening(profile, libraries, max_chars)
        texts = [sendable(one) for one in shortened(parts, max_chars - prompt_chars(messages))]
        messages.append(HumanMessage("\n\n".join(texts[: len(task)])))
        if attempts:
            rest = filter(None, texts[len(task) + 1 :])
            messages += [AIMessage(texts[len(task)]), HumanMessage("\n\n".join(rest))]
        return messages

    return within_window(build, profile)


def libraries_text(packages: Mapping[str, str]) -> str:
    """List the libraries of the image that matter here, with versions."""
    known = [f"{name} {packages[name]}" for name in NAMED_LIBRARIES if name in packages]
    return listed(known, MAX_NAMES_CHARS)


def _opening(profile: ModelProfile, libraries: str, max_chars: int) -> list[BaseMessage]:
    """Say what is wanted, by examples where they help and leave room for the rest."""
    if not profile.worked_examples:
        return [SystemMessage(SYSTEM.format(libraries=libraries))]
    messages: list[BaseMessage] = [SystemMessage(EXAMPLES_SYSTEM.format(libraries=libraries))]
    for question, answer in EXAMPLES:
        messages += [HumanMessage(question), AIMessage(answer)]
    return messages if prompt_chars(messages) <= max_chars // 2 else messages[:1]


def _task(state: AgentState) -> Iterator[Part]:
    given, wanted = "Variables:\n", "Define these variables: "
    returns, checks = state.get("returns"), state.get("checks")
    yield Part(
        lambda most: given + variables_text(state, most - len(given)), 6, MAX_VARIABLES_CHARS
    )
    yield request_part(state)
    if returns:
        yield Part(
            lambda most: wanted + listed(returns, most - len(wanted)), 1, 2 * MAX_NAMES_CHARS
        )
    if checks:
        label = "Afterwards this code runs in the same namespace and must pass:\n"
        yield text_part(checks, 2, MAX_CODE_CHARS, label=label)


def _last_round(state: AgentState, attempts: list[Attempt]) -> Iterator[Part]:
    """Tell of the last attempt in full and of a few before it in a line each."""
    if attempts:
        last = attempts[-1]
        yield text_part(_standing(state, last), 1, MAX_REQUEST_CHARS, min_chars=MIN_REQUEST_CHARS)
        yield from problem_parts(last, state)
        yield text_part(_earlier(attempts[:-1]), 9, MAX_NAMES_CHARS)
        yield text_part(ANOTHER if last.succeeded else MEND, 0, 300)


def _fenced(attempt: Attempt, max_chars: int) -> str:
    return FENCE.format(code_text(attempt, max_chars - len(FENCE)))


def _earlier(attempts: list[Attempt]) -> str:
    shown = attempts[-MAX_EARLIER:]
    if not shown:
        return ""
    lines = [f"- attempt {one.number}: {clip(_headline(one), 200)}" for one in shown]
    left_out = len(attempts) - len(shown)
    more = [f"- {left_out} more before these"] if left_out else []
    return "\n".join(["Earlier attempts:", *more, *lines])


def _standing(state: AgentState, last: Attempt) -> str:
    """Say how the last attempt stands to the request as it is now."""
    before = (state.get("setup") or {}).get("forked_from") or {}
    verdict = f"Attempt {last.number} {'succeeded' if last.succeeded else 'did not succeed'}"
    if before.get("attempt") == last.number and before.get("request") is not None:
        return (
            f"The request has changed. {verdict} at what it was before:"
            f" {before['request']}\nIt is now: {state['request'].strip()}"
        )
    return f"{verdict}, and another program is wanted." if last.succeeded else f"{verdict}."


def _headline(attempt: Attempt) -> str:
    if attempt.succeeded:
        return "succeeded"
    if attempt.problem:
        return attempt.problem
    execution = attempt.execution
    if execution is not None and execution.error is not None:
        return execution.error.name
    return execution.outcome if execution is not None else "not run"
