"""One call to a model, described once as a generator of steps and run in either of two ways.

A step is work that may wait: asking the model, or reading and writing the call log. The
generator yields each step and receives its result, or the error it raised::

    question = Question(client, profile_of(client), messages, "generate")
    reply = run_steps(ask(question))
    reply = await arun_steps(ask(question))
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from graph_agent.config.redaction import secrets_of
from graph_agent.errors import ModelRequestError
from graph_agent.models.failures import raise_translated
from graph_agent.models.profiles import spec_of
from graph_agent.models.question import ATTEMPT_KEY, Question
from graph_agent.models.replies import (
    ModelReply,
    reply_of,
    reply_with_record,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable, RunnableConfig

    from graph_agent.context import TaskRef
    from graph_agent.models.call_log import CallLog

__all__ = ["Steps", "Work", "arun_steps", "ask", "forms_of", "run_steps"]

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Work:
    """A step that blocks."""

    do: Callable[[], Any]

    def run(self) -> Any:
        """Do it here."""
        return self.do()

    async def arun(self) -> Any:
        """Do it in a thread of its own."""
        import asyncio

        return await asyncio.to_thread(self.do)


@dataclass(frozen=True)
class Invocation:
    """A step that puts a question to ``runnable``: the model, or what was made of it."""

    question: Question
    runnable: Runnable[Any, Any]

    def run(self) -> Any:
        """Invoke it, for a limited time; translate its errors."""
        limit_s = self._limit_s()
        try:
            if limit_s is None:
                return self._invoke()
            from graph_agent.leaving import in_daemon_thread

            return in_daemon_thread(self._invoke).result(limit_s)
        except Exception as exc:
            self._translate(exc)
            raise

    async def arun(self) -> Any:
        """Do as :meth:`run` does, without blocking the event loop."""
        import asyncio

        if not _has_async_form(self.question.client):
            from graph_agent.leaving import in_daemon_thread

            # LangChain would use a thread that asyncio.run() and the interpreter wait for.
            return await asyncio.wrap_future(in_daemon_thread(self.run))
        try:
            answer = self.runnable.ainvoke(list(self.question.messages), self._config())
            return await asyncio.wait_for(answer, self._limit_s())
        except Exception as exc:
            self._translate(exc)
            raise

    def _invoke(self) -> Any:
        return self.runnable.invoke(list(self.question.messages), self._config())

    def _limit_s(self) -> float | None:
        """Return how long the whole call may take: clients limit one read, if anything."""
        spec = spec_of(self.question.client)
        return None if spec is None else spec.call_s

    def _config(self) -> RunnableConfig:
        config: RunnableConfig = self.question.config or {}
        metadata = dict(config.get("metadata") or {})
        if self.question.attempt is not None:
            metadata[ATTEMPT_KEY] = self.question.attempt
        tags = [*(config.get("tags") or ()), self.question.tag]
        return {**config, "tags": tags, "metadata": metadata}

    def _translate(self, exc: Exception) -> None:
        if isinstance(exc, TimeoutError) and not exc.args:
            exc.args = ("the whole answer did not come in time",)
        name, secrets = self.question.profile.name, secrets_of(self.question.client)
        raise_translated(exc, name, secrets, has_schema=self.question.schema is not None)


def _has_async_form(client: BaseChatModel) -> bool:
    from langchain_core.language_models import BaseChatModel

    kind = type(client)
    return any(
        getattr(kind, name) is not getattr(BaseChatModel, name)
        for name in ("_agenerate", "_astream")
    )


Steps = Generator[Work | Invocation, Any, _Result]


def run_steps(steps: Steps[_Result]) -> _Result:
    """Run steps one after the other; return what their generator returns."""
    try:
        step = next(steps)
        while True:
            try:
                result = step.run()
            except Exception as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        value: _Result = done.value
        return value


async def arun_steps(steps: Steps[_Result]) -> _Result:
    """Run steps as :func:`run_steps` does, without blocking the event loop."""
    try:
        step = next(steps)
        while True:
            try:
                result = await step.arun()
            except Exception as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        value: _Result = done.value
        return value


def forms_of(
    function: Callable[..., Steps[_Result]],
) -> tuple[Callable[..., _Result], Callable[..., Awaitable[_Result]]]:
    """Return the plain and the asynchronous form of a function that returns steps."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> _Result:
        return run_steps(function(*args, **kwargs))

    @functools.wraps(function)
    async def arun(*args: Any, **kwargs: Any) -> _Result:
        return await arun_steps(function(*args, **kwargs))

    return run, arun


def ask(
    question: Question, log: CallLog | None = None, task: TaskRef | None = None
) -> Steps[ModelReply]:
    """Ask a model, unless ``log`` has the answer that the same task, or anyone, got before.

    Raises:
        CheckpointError: the log can't be written; nothing was asked.
        ModelTransientError: repeating the call may help.
        ModelRequestError: repeating it wouldn't.
        ModelAnswerError: the answer is empty, blocked, truncated or malformed.
    """
    if log is None or not (log.reuse or (task and task.thread)):  # nothing to resume
        return (yield from _answer(question))
    entry = yield Work(lambda: log.begin(question, task))
    if entry.known is not None:
        return entry.known.reply()  # type: ignore[no-any-return]  # of a step's result
    try:
        if entry.cached is not None:
            reply: ModelReply = entry.cached
            # So that callbacks, events and traces see it too.
            yield Invocation(question, _replayed(reply.text))
        else:
            reply = yield from _answer(question)
    except Exception as error:
        failure = error
        yield Work(lambda: entry.failed(failure))
        raise
    yield Work(lambda: entry.answered(reply))
    return reply


def _answer(question: Question) -> Steps[ModelReply]:
    google = sys.modules.get("langchain_google_genai")
    if google is not None and isinstance(question.client, google.ChatGoogleGenerativeAI):
        from graph_agent.models.gemini_parts import with_joined_parts

        question = replace(question, client=with_joined_parts(question.client))
    if question.schema is None:
        answer = yield Invocation(question, question.client)
        return reply_of(answer, question.profile.name)
    structured = _structured(question)
    if structured is not None:
        try:
            answer = yield Invocation(question, structured)
        except ModelRequestError as exc:
            if not _is_about_schema(exc):
                raise
        else:
            return reply_with_record(answer, question.schema, question.profile.name)
    answer = yield Invocation(question, question.client)
    return reply_with_record(answer, question.schema, question.profile.name)


def _structured(question: Question) -> Runnable[Any, Any] | None:
    """Return the client bound to the question's schema, if it can be."""
    if question.schema is None or not question.profile.structured_output:
        return None
    try:
        return question.client.with_structured_output(question.schema, include_raw=True)
    except (NotImplementedError, TypeError, ValueError):
        return None


def _is_about_schema(exc: ModelRequestError) -> bool:
    """Whether a call failed because of the schema, not the key or the name."""
    return isinstance(exc.__cause__, NotImplementedError) or "schema" in str(exc).lower()


def _replayed(text: str) -> Runnable[Any, Any]:
    from graph_agent.models.replayed import ReplayedModel

    return ReplayedModel(text=text, cache=False)
