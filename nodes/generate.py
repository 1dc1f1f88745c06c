"""generate: ask the model for the code of the next attempt."""

from __future__ import annotations

import ast
import contextlib
import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext, RunView
from graph_agent.errors import ModelAnswerError
from graph_agent.models import (
    ModelReply,
    Question,
    Steps,
    TaskRef,
    Work,
    ask,
    profile_of,
)
from graph_agent.models.profiles import RETRY_TEMPERATURE, TEMPERATURE, varied, with_opening
from graph_agent.prompts.code_cleaning import tree_of
from graph_agent.prompts.code_extraction import program_in, with_usual_imports
from graph_agent.prompts.generation import generation_messages
from graph_agent.prompts.short_programs import (
    short_messages,
    short_opening,
    wants_short_program,
    with_wanted_name,
)
from graph_agent.records import Attempt, Candidate, Json, ProblemKind, Usage
from graph_agent.state import AgentState
from nodes.candidates.voting import next_candidate
from nodes.dependencies import Dependencies
from nodes.intake import initial_state
from nodes.opening import opening_messages
from nodes.rules.before_running import respelled, undefined_text, unknown_column_text

log = logging.getLogger(__name__)

AFRESH_SEED = 1000
"""Other than any candidate's: both may answer the same prompt."""


def generate(
    state: AgentState,
    config: RunnableConfig,
    runtime: Runtime[AgentContext],
    *,
    dependencies: Dependencies,
) -> Steps[Json]:
    """Add an attempt with the model's code, or with the reason why there is none to run.

    Raises:
        ModelError: there is no answer; the attempt isn't spent.
        SandboxUnavailableError: nothing could be run, so nothing is asked.
        RequestError: the input is unusable.
    """
    asked: _Asked = yield Work(lambda: _prepare(state, config, runtime, dependencies))
    while True:
        try:
            reply = yield from ask(asked.question, dependencies.calls, asked.task)
        except ModelAnswerError as error:
            return asked.without_answer(error)
        written = asked.written(reply)
        again = asked.asked_afresh(written, reply.usage)
        if again is None:
            return asked.answered(written, reply.usage)
        asked = again


class Problem(NamedTuple):
    """Why code isn't worth a container."""

    kind: ProblemKind
    text: str


def problem_of(code: str, attempts: list[Attempt], state: AgentState) -> Problem | None:
    """Return why code isn't worth a container; None if it is."""
    if not code.strip():
        return Problem("no_code", "the answer held no code")
    tree = tree_of(code)
    if tree is None:
        return Problem("syntax", f"the code does not parse{_syntax_error(code)}")
    if not tree.body:
        return Problem("no_code", "the code has no statement")
    for earlier in attempts:
        if not earlier.succeeded and _is_same(tree, earlier.code):
            repeated = f"the code is the same as in attempt {earlier.number}, which failed"
            return Problem("repeat", repeated)
    return _sure_failure(code, state)


def _sure_failure(code: str, state: AgentState) -> Problem | None:
    """Return what the code would fail at if it were run."""
    skipped = state.get("skip_rules") or ()
    with contextlib.suppress(RecursionError):  # nested deeper than any person writes
        if "undefined_name" not in skipped and (text := undefined_text(code, state)):
            return Problem("undefined_name", text)
        if "unknown_column" not in skipped and (text := unknown_column_text(code, state)):
            return Problem("unknown_column", text)
    return None


def _syntax_error(code: str) -> str:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        return f": {getattr(error, 'msg', error)}{where}"
    return ""


def _is_same(tree: ast.AST, other: str) -> bool:
    """Whether two programs differ at most in comments and layout."""
    other_tree = tree_of(other)
    return other_tree is not None and ast.dump(tree) == ast.dump(other_tree)


@dataclass(frozen=True)
class _Asked:
    """The question, and how its answer becomes an attempt.

    ``earlier``: the attempts before the one whose program is asked for. ``afresh``: the question
    to ask if the answer repeats one of theirs. ``used``: the cost of an answer that did.
    """

    view: RunView
    earlier: list[Attempt]
    update: Json
    """What a new run puts into the state."""
    question: Question
    task: TaskRef
    afresh: Callable[[], Question] | None = None
    used: Usage | None = None

    def written(self, reply: ModelReply) -> Candidate:
        """Return the program in an answer, and why it isn't worth a container."""
        given = [summary["name"] for summary in self.view.state.get("summaries") or []]
        found = program_in(reply.text, self.view.state.get("returns") or (), given)
        code = found.code
        if self.question.profile.worked_examples:
            code = with_usual_imports(code, given)
            code = with_wanted_name(code, self.view.state.get("returns") or ())
        problem, notes = problem_of(code, self.earlier, self.view.state), list[str]()
        if problem is not None:  # it may only be spelled wrong
            code, notes = respelled(code, self.view.state)
            problem = problem_of(code, self.earlier, self.view.state)
        return _candidate(code, problem, [*found.notes, *notes])

    def asked_afresh(self, written: Candidate, used: Usage) -> _Asked | None:
        """Return what to ask instead of spending the attempt on a repeated program."""
        if self.afresh is None or written.problem_kind != "repeat":
            return None
        if self.view.call_limit(used) is not None:
            return None
        log.info("the program repeats a failed one; asking without it")
        return replace(self, question=self.afresh(), afresh=None, used=used)

    def without_answer(self, error: ModelAnswerError) -> Json:
        """Count a truncated or empty answer as an attempt without code."""
        if error.kind == "blocked":
            raise error
        log.warning("the model's answer was %s", error.kind)
        used = Usage(calls=1, input_tokens=error.input_tokens, output_tokens=error.output_tokens)
        problem = Problem(error.kind, f"the model's answer was {error.kind}")
        return self.answered(_candidate("", problem), used)

    def answered(self, written: Candidate, used: Usage) -> Json:
        """Add the program to the state."""
        attempt = Attempt(number=len(self.earlier) + 1, **vars(written))
        if len(self.earlier) < len(self.view.attempts):
            attempt = next_candidate(self.view.last, written)
        log.info("attempt %d: %d characters of code", attempt.number, len(written.code))
        return {
            **self.update,
            "attempts": [*(each.to_state() for each in self.earlier), attempt.to_state()],
            "usage": self.view.add_usage("generate", used, self.used),
            "spent_s": self.view.spent_now_s,
            "decision": None,
        }


def _candidate(code: str, problem: Problem | None, notes: Sequence[str] = ()) -> Candidate:
    kind, text = problem or (None, None)
    return Candidate(code=code, problem=text, problem_kind=kind, notes=list(notes))


def _prepare(
    state: AgentState,
    config: RunnableConfig,
    runtime: Runtime[AgentContext],
    dependencies: Dependencies,
) -> _Asked:
    view = RunView(state, runtime.context)
    task = TaskRef.of("generate", runtime, config)
    update: Json = {}
    if state.get("decision") not in ("retry", "candidate"):
        dependencies.sandbox.check()
        update = view.changed(initial_state(view, task, config, dependencies))
        state = cast("AgentState", {**state, **update})
        view = RunView(state, runtime.context, view.entered_s)
    # The container starts while the model thinks.
    dependencies.sandbox.prepare(thread=task.thread or "")
    is_candidate = state.get("decision") == "candidate"
    earlier = view.attempts[:-1] if is_candidate else view.attempts
    number = len(view.last.others) + 1 if is_candidate else 0
    model = dependencies.client(view.context.model)
    question, afresh = _questions(
        view.state, earlier, number, model, dependencies.sandbox.packages(), config
    )
    return _Asked(view, earlier, update, question, task, afresh)


def _questions(
    state: AgentState,
    earlier: list[Attempt],
    number: int,
    model: BaseChatModel,
    packages: Mapping[str, str],
    config: RunnableConfig,
) -> tuple[Question, Callable[[], Question] | None]:
    """Return the question for an attempt's program of this number, from 0, and one without history.

    The second, made when it is needed, is for a small model that repeats what failed although it
    is told not to.
    """
    profile = profile_of(model)
    at = len(earlier) + 1

    def asking(client: BaseChatModel, messages: list[BaseMessage]) -> Question:
        return Question(client, profile, messages, "generate", config, variant=number, attempt=at)

    if number and profile.worked_examples and wants_short_program(state):
        # As if nothing had failed before: these prompts show no failure.
        client = with_opening(varied(model, number - 1 + len(earlier)), short_opening, slot=1)
        return asking(client, short_messages(state, profile)), None

    def question(told: list[Attempt], seed: int, temperature: float) -> Question:
        client = varied(model, seed, temperature)
        if profile.worked_examples:
            client = with_opening(client, lambda: opening_messages(profile, packages))
        # All programs of an attempt have the same prompt, so that a model reads it only once.
        return asking(client, generation_messages(state, told, profile, packages))

    failed = len(earlier) if profile.worked_examples else 0
    usual = question(earlier, number + failed, TEMPERATURE if number else RETRY_TEMPERATURE)
    afresh = functools.partial(question, [], AFRESH_SEED + number + failed, TEMPERATURE)
    return usual, afresh if failed else None
