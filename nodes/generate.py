"""generate: ask the model for the code of the next attempt."""

from __future__ import annotations

import ast
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

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
from graph_agent.models.openings import with_opening
from graph_agent.models.sampling import RETRY_TEMPERATURE, TEMPERATURE, varied
from graph_agent.prompts.code_cleaning import tree_of
from graph_agent.prompts.code_extraction import program_in, with_usual_imports
from graph_agent.prompts.generation import generation_messages
from graph_agent.records import Attempt, Candidate, Json, ProblemKind, Usage
from graph_agent.state import AgentState
from nodes.candidates.voting import next_candidate
from nodes.dependencies import Dependencies
from nodes.intake import initial_state
from nodes.opening import opening_messages
from nodes.rules.before_running import undefined_text, unknown_column_text
from nodes.rules.respelling import respelled

log = logging.getLogger(__name__)


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
    try:
        reply = yield from ask(asked.question, dependencies.calls, asked.task)
    except ModelAnswerError as error:
        return asked.without_answer(error)
    return asked.answered(reply)


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

    ``earlier``: the attempts before the one whose program is asked for.
    """

    view: RunView
    earlier: list[Attempt]
    update: Json
    """What a new run puts into the state."""
    question: Question
    task: TaskRef

    def answered(self, reply: ModelReply) -> Json:
        given = [summary["name"] for summary in self.view.state.get("summaries") or []]
        found = program_in(reply.text, self.view.state.get("returns") or (), given)
        code = found.code
        if self.question.profile.worked_examples:
            code = with_usual_imports(code, given)
        code, notes = respelled(code, self.view.state)
        problem = problem_of(code, self.earlier, self.view.state)
        return self._attempt(code, problem, reply.usage, [*found.notes, *notes])

    def without_answer(self, error: ModelAnswerError) -> Json:
        """Count a truncated or empty answer as an attempt without code."""
        if error.kind == "blocked":
            raise error
        log.warning("the model's answer was %s", error.kind)
        used = Usage(calls=1, input_tokens=error.input_tokens, output_tokens=error.output_tokens)
        problem = Problem(error.kind, f"the model's answer was {error.kind}")
        return self._attempt("", problem, used)

    def _attempt(
        self, code: str, problem: Problem | None, used: Usage, notes: Sequence[str] = ()
    ) -> Json:
        kind, text = problem or (None, None)
        written = Candidate(code=code, problem=text, problem_kind=kind, notes=list(notes))
        attempt = Attempt(number=len(self.earlier) + 1, **vars(written))
        if len(self.earlier) < len(self.view.attempts):
            attempt = next_candidate(self.view.last, written)
        log.info("attempt %d: %d characters of code", attempt.number, len(code))
        return {
            **self.update,
            "attempts": [*(each.to_state() for each in self.earlier), attempt.to_state()],
            "usage": self.view.add_usage("generate", used),
            "spent_s": self.view.spent_now_s,
            "decision": None,
        }


def _prepare(
    state: AgentState,
    config: RunnableConfig,
    runtime: Runtime[AgentContext],
    dependencies: Dependencies,
) -> _Asked:
    view = RunView(state, runtime.context)
    update: Json = {}
    if state.get("decision") not in ("retry", "candidate"):
        dependencies.sandbox.check()
        update = view.changed(initial_state(view, config, dependencies))
        state = cast("AgentState", {**state, **update})
        view = RunView(state, runtime.context, view.entered_s)
    task = TaskRef.of("generate", runtime, config)
    # The container starts while the model thinks.
    dependencies.sandbox.prepare(thread=task.thread or "")
    model = dependencies.client(view.context.model)
    profile = profile_of(model)
    packages = dependencies.sandbox.packages()
    is_candidate = state.get("decision") == "candidate"
    earlier = view.attempts[:-1] if is_candidate else view.attempts
    number = len(view.last.others) + 1 if is_candidate else 0
    # All programs of an attempt have the same prompt, so that a model reads it only once.
    messages = generation_messages(state, earlier, profile, packages)
    # A small model repeats what failed, unless it is asked for another answer.
    failed = len(earlier) if profile.worked_examples else 0
    temperature = TEMPERATURE if number else RETRY_TEMPERATURE
    model = varied(model, number + failed, temperature)
    model = with_opening(model, lambda: opening_messages(profile, packages))
    question = Question(model, profile, messages, "generate", config, variant=number)
    return _Asked(view, earlier, update, question, task)
