"""The prompt of the generate node."""

from __future__ import annotations

from collections.abc import Mapping

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from graph_agent.models import ModelProfile
from graph_agent.prompts.examples import EXAMPLES, EXAMPLES_SYSTEM
from graph_agent.prompts.facts import (
    MAX_CODE_CHARS,
    clip,
    libraries_text,
    problem_text,
    variables_text,
)
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
    """Build the prompt of the next attempt."""
    libraries = libraries_text(packages)
    if profile.worked_examples:
        messages: list[BaseMessage] = [SystemMessage(EXAMPLES_SYSTEM.format(libraries=libraries))]
        for question, answer in EXAMPLES:
            messages += [HumanMessage(question), AIMessage(answer)]
    else:
        messages = [SystemMessage(SYSTEM.format(libraries=libraries))]
    messages.append(HumanMessage(_task(state)))
    if attempts:
        messages += _last_round(state, attempts)
    return messages


def _task(state: AgentState) -> str:
    parts = [f"Variables:\n{variables_text(state)}", f"Request: {state['request'].strip()}"]
    returns, checks = state.get("returns"), state.get("checks")
    if returns:
        parts.append(f"Define these variables: {', '.join(returns)}")
    if checks:
        shown = clip(checks, MAX_CODE_CHARS)
        parts.append(f"Afterwards this code runs in the same namespace and must pass:\n{shown}")
    return "\n\n".join(parts)


def _last_round(state: AgentState, attempts: list[Attempt]) -> list[BaseMessage]:
    """Show the last attempt in full and the earlier ones in a line each: prompts stay bounded."""
    last = attempts[-1]
    earlier = [
        f"- attempt {one.number}: {clip(_headline(one), 200)}" for one in attempts[:-1][-10:]
    ]
    parts = [
        _standing(state, last),
        problem_text(last, state),
        *(["Earlier attempts:", *earlier] if earlier else []),
        ANOTHER if last.succeeded else MEND,
    ]
    code = clip(last.code, MAX_CODE_CHARS)
    return [AIMessage(f"```python\n{code}\n```"), HumanMessage("\n\n".join(parts))]


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
