"""The result of a run."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, cast

from graph_agent.budget import Budget, Limit
from graph_agent.errors import ThreadError
from graph_agent.records import (
    Agreement,
    Analysis,
    ApprovalRequest,
    Attempt,
    Candidate,
    Review,
    Usage,
    attempts_of,
    total_usage,
)
from graph_agent.results.answer import answer_of
from graph_agent.results.answer_text import answer_text, verdict_line
from graph_agent.results.artifacts import save_run
from graph_agent.results.html import attempt_html, result_html
from graph_agent.results.report import readable_report
from graph_agent.results.script.inputs import Input, Payloads, inputs_of
from graph_agent.results.stored import execution_of
from graph_agent.results.transcript import render
from graph_agent.state import AgentOutput
from sandbox.records import Execution, Figure
from sandbox.terminal_text import escape_control_chars
from sandbox.variables.store import VariableStore


class FollowUp(Protocol):
    """The workflow of a follow-up, an :class:`~graph_agent.workflow.AgentWorkflow`."""

    thread_id: str

    def run_sync(self, *, progress: bool = True) -> CodeGenerationResult:
        """Run to the end."""

    async def run(self, *, progress: bool = True) -> CodeGenerationResult:
        """Do the same without blocking the event loop."""

    def stream(self, *, tokens: bool = True) -> Generator[Any, None, None]:
        """Run, and yield events as they happen."""


@dataclass(frozen=True)
class AttemptResult:
    """One attempt; ``execution`` is None if its code didn't run, and ``problem`` says why."""

    number: int
    code: str
    execution: Execution | None
    analysis: Analysis | None
    problem: str | None = None
    review: Review | None = None
    """A person's decision about the code; None if nobody was asked."""
    agreement: Agreement | None = None
    """How many programs of this attempt gave its answer; None if only one was written."""
    others: tuple[Candidate, ...] = ()
    """The attempt's other programs."""

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the code and what became of it, in notebooks."""
        outcome = self.problem if self.execution is None else self.execution.outcome
        text = escape_control_chars(f"Attempt {self.number}: {outcome}\n\n{self.code}")
        return {"text/plain": text, "text/html": attempt_html(self)}


@dataclass(frozen=True)
class CodeGenerationResult:
    """The answer to a request.

    ``variables``, ``figures`` and ``files`` are from the last attempt that ran; ``usage`` has
    the calls and tokens of each node; ``transcript`` is Markdown.
    """

    success: bool
    code: str
    attempts: tuple[AttemptResult, ...]
    variables: Mapping[str, Any]
    figures: tuple[Figure, ...] = field(repr=False)
    transcript: str = field(repr=False)
    usage: Mapping[str, Usage] = field(repr=False)
    thread_id: str
    output: AgentOutput = field(repr=False, default_factory=AgentOutput)
    """The graph's output, as plain data."""
    files: Mapping[str, bytes] = field(repr=False, default_factory=lambda: MappingProxyType({}))
    """What the code left in its working folder, by relative path. Nothing has opened it."""
    stopped_by: Limit | None = None
    """The limit that ended the run; it can be resumed with a higher one."""
    waiting_for: ApprovalRequest | None = None
    """The approval that the run waits for; resume it with an answer."""
    store: VariableStore | None = field(repr=False, compare=False, default=None)
    """Where the values are kept."""
    payloads: Payloads | None = field(repr=False, compare=False, default=None)
    """How the values of the run's own variables are read again, for its files."""
    following: Callable[..., FollowUp] | None = field(repr=False, compare=False, default=None)
    """Makes the workflow of a follow-up; None: no workflow made this result."""

    def follow_up(self, request_text: str, *args: Any, **options: Any) -> FollowUp:
        """Return the workflow of the next request of the same conversation.

        Its code has this run's variables and results as variables, and its model knows the
        earlier requests and their code. What else may be given is what
        :meth:`AgentWorkflow.follow_up() <graph_agent.workflow.AgentWorkflow.follow_up>` takes
        after the request, such as ``client``; where nothing is, this run's options apply.

        Raises:
            RequestError: an argument is unusable.
            ThreadError: no workflow made this result.
        """
        if self.following is None:
            raise ThreadError(
                "no workflow made this result; use AgentWorkflow.follow_up(thread_id, request)"
            )
        return self.following(request_text, *args, **options)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the answer first, in notebooks and in IPython's terminal."""
        text = escape_control_chars(f"{answer_text(self)}\n{verdict_line(self)}")
        return {"text/plain": text, "text/html": result_html(self)}

    @property
    def answer(self) -> Any:
        """The value asked for; None if there is none.

        It is what ``returns`` names (several: a dict), else the displayed value, else the single
        new variable, else the printed text.
        """
        ran = [attempt.execution for attempt in self.attempts if attempt.execution is not None]
        return answer_of(self.output, ran[-1] if ran else None)

    def save(self, folder: Path | str) -> list[Path]:
        """Write transcript, report, code, figures, tables and returned files into a folder.

        ``code.py`` runs on its own: its variables are saved too, and a container reads them for
        it. Nothing that is there already is overwritten: a file whose name is taken gets a number.

        Returns:
            The paths of the files.

        Raises:
            OSError: the folder can't be written.
        """
        if self.store is None:
            raise ValueError("this result has no store to read its values from")
        report = readable_report(self)
        return list(
            save_run(
                self.output,
                self.store,
                Path(folder),
                self.thread_id,
                report=report,
                inputs=self.inputs(),
            )
        )

    def inputs(self, payloads: Payloads | None = None) -> list[Input]:
        """Return the run's variables as ``code.py`` loads them.

        ``payloads``: how to get their values; None: a container reads them.
        """
        read = payloads or self.payloads
        if self.store is None or read is None:
            return []
        return inputs_of(self.output, self.store, read)

    @property
    def agreement(self) -> tuple[int, int] | None:
        """How many programs gave the answer, of how many; None if only one was written."""
        vote = self.attempts[-1].agreement if self.attempts else None
        return None if vote is None else (vote.agreeing, vote.run)

    @property
    def budget(self) -> Budget:
        """The limits of the run."""
        limits: Mapping[str, Any] = self.output  # it has more channels than its type
        attempts = limits.get("max_attempts")
        return Budget.read({**(limits.get("budget") or {}), "attempts": attempts}, partial=True)

    @property
    def cost(self) -> float | None:
        """The cost of the model's calls, in the currency of the prices; None without prices."""
        return self.budget.price_of(total_usage(self.output))

    @property
    def explanation(self) -> str:
        """The explanation of the last analysis."""
        analysis = self.attempts[-1].analysis if self.attempts else None
        return "" if analysis is None else analysis.explanation


def result_from(
    output: AgentOutput,
    store: VariableStore,
    thread_id: str,
    waiting_for: ApprovalRequest | None = None,
    *,
    follow_up: Callable[..., FollowUp] | None = None,
    payloads: Payloads | None = None,
) -> CodeGenerationResult:
    """Make the result from the graph's output and the stored values."""
    attempts = tuple(_attempt(attempt, store) for attempt in attempts_of(output))
    ran = [attempt.execution for attempt in attempts if attempt.execution is not None]
    usage = {node: Usage.model_validate(used) for node, used in (output.get("usage") or {}).items()}
    return CodeGenerationResult(
        success=bool(output.get("success")),
        code=output.get("code") or "",
        attempts=attempts,
        variables=ran[-1].variables if ran else MappingProxyType({}),
        figures=ran[-1].figures if ran else (),
        files=ran[-1].files if ran else MappingProxyType({}),
        transcript=render(output),
        usage=MappingProxyType(usage),
        thread_id=thread_id,
        output=output,
        stopped_by=cast("Limit | None", output.get("stopped_by")),
        waiting_for=waiting_for,
        store=store,
        payloads=payloads,
        following=follow_up,
    )


def _attempt(record: Attempt, store: VariableStore) -> AttemptResult:
    execution = None if record.execution is None else execution_of(record.execution, store)
    return AttemptResult(
        number=record.number,
        code=record.code,
        execution=execution,
        analysis=record.analysis,
        problem=record.problem,
        review=record.review,
        agreement=record.agreement,
        others=tuple(record.others),
    )
