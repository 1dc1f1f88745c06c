"""Runs a suite through the whole graph and sandbox; a killed evaluation can be resumed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from graph_agent.batch.folder import alone_in, new_folder
from graph_agent.batch.side_by_side import SideBySide
from graph_agent.config.settings import Settings, load_settings
from graph_agent.errors import RequestError
from graph_agent.evaluation.asking import Asking
from graph_agent.evaluation.journal import Answered, Journal
from graph_agent.evaluation.replay import REPLAY, replay_of
from graph_agent.evaluation.reports import write_reports
from graph_agent.evaluation.starting import first, new_setup, resumed
from graph_agent.evaluation.suite import Question, Suite, sampled
from graph_agent.evaluation.suites.loading import load_suite
from graph_agent.evaluation.summary import summarized
from graph_agent.from_settings import client_from, policy_from
from graph_agent.records import Json
from sandbox import DockerSandbox
from sandbox.protocol import Sandbox

__all__ = ["Evaluation", "Step", "evaluate"]


@dataclass(frozen=True)
class Step:
    """How far an evaluation is; ``answered``: the question that was just finished, if any."""

    done: int
    total: int
    folder: Path
    answered: Answered | None = None


@dataclass(frozen=True)
class Evaluation:
    """A finished evaluation.

    ``summary``: its figures, as report.json has them. ``results``: one for each question.
    ``folder``: where results and reports are.
    """

    summary: Json
    results: tuple[Answered, ...]
    folder: Path


def evaluate(
    suite: Suite | str | Path,
    client: BaseChatModel | str | None = None,
    *,
    limit: int | None = None,
    seed: int = 0,
    candidates: int | None = None,
    max_attempts: int | None = None,
    concurrency: int = 1,
    resume: bool = False,
    out: Path | str | None = None,
    checks: bool = False,
    full: bool = False,
    settings: Settings | None = None,
    sandbox: Sandbox | None = None,
    on_step: Callable[[Step], object] = lambda step: None,
) -> Evaluation:
    """Ask the agent every question of a suite, and let the suite judge the answers.

    The results are appended to ``out`` one by one. After a kill, ``resume`` continues there: no
    answer of a model is paid for twice. The runs' own state is in ``out`` too.

    Args:
        suite: a suite, its name, or its folder.
        client: a chat model or a model's name; ``replay:reference`` answers with the suite's own
            programs, ``replay:wrong-then-reference`` with a wrong one first.
        limit: ask only so many questions; each category keeps its share.
        seed: which questions a limit picks.
        candidates: programs per attempt; None: the setting.
        max_attempts: None: the setting.
        concurrency: how many questions are asked at once.
        resume: continue the evaluation in ``out``.
        out: None: a new folder in the state folder.
        checks: pass the judge on to the agent, as the request's checks.
        full: ask DataBench's questions about whole tables.
        settings: None: read from the environment.
        sandbox: None: Docker with the limits from the settings.
        on_step: told about each finished question, and once before the first.

    Raises:
        RequestError: the suite or an argument is unusable, or ``out`` holds something else.
        ModelError: the model can't be reached.
        SandboxUnavailableError: code can't be run here.
        OutputError: ``out`` can't be written.
    """
    settings = settings or load_settings()
    if concurrency < 1:
        raise RequestError(f"concurrency is a number from 1 on, not {concurrency}")
    if resume and out is None:
        raise RequestError("name the folder of the evaluation to resume with --out (out=…)")
    whole = suite if isinstance(suite, Suite) else load_suite(suite, full=full)
    chosen = sampled(whole, limit, seed)
    setup = new_setup(
        chosen,
        client,
        settings,
        limit=limit,
        seed=seed,
        candidates=candidates,
        max_attempts=max_attempts,
        checks=checks,
    )
    folder = new_folder(settings, "evaluations", chosen.name) if out is None else Path(out)
    journal = Journal(folder)
    with contextlib.ExitStack() as stack:
        stack.enter_context(alone_in(journal.folder))
        setup = resumed(journal, setup) if resume else first(journal, setup)
        finished = {each.id: each for each in journal.answered()}
        open_ = [question for question in chosen.questions if question.id not in finished]
        if open_:
            # The model and the sandbox are checked before the folder is written to.
            clients = _clients(client, settings)
            box = sandbox or stack.enter_context(
                DockerSandbox(policy_from(settings), warm=concurrency)
            )
            box.check()
            journal.start(setup)
            own = settings.model_copy(update={"state_dir": journal.folder.absolute() / "state"})
            asking = Asking(setup, clients, own, box)
            stack.callback(asking.runs.stop)
            on_step(Step(len(finished), len(chosen.questions), journal.folder))
            jobs = (partial(asking.ask, question) for question in open_)
            for future in SideBySide(jobs, concurrency):
                answered = future.result()
                journal.add(answered)
                finished[answered.id] = answered
                on_step(Step(len(finished), len(chosen.questions), journal.folder, answered))
    results = tuple(finished[question.id] for question in chosen.questions)
    summary = summarized(setup, results)
    write_reports(journal, summary, results)
    return Evaluation(summary, results, journal.folder)


def _clients(
    client: BaseChatModel | str | None, settings: Settings
) -> Callable[[Question], BaseChatModel]:
    if isinstance(client, str) and client.startswith(REPLAY):
        return partial(replay_of, client)
    made = client_from(client, settings)
    return lambda question: made
