"""How an evaluation starts: its set-up, new or as it was before."""

from __future__ import annotations

import secrets

from langchain_core.language_models import BaseChatModel

from graph_agent.batch.folder import our_version
from graph_agent.budget import Budget, checked_candidates
from graph_agent.config.settings import Settings
from graph_agent.errors import RequestError
from graph_agent.evaluation.journal import SETUP_FILE, Journal, Setup
from graph_agent.evaluation.replay import REPLAY, check_replay
from graph_agent.evaluation.suite import Suite
from graph_agent.models import check_name, default_model, profile_of

__all__ = ["first", "new_setup", "resumed"]


def new_setup(
    suite: Suite,
    client: BaseChatModel | str | None,
    settings: Settings,
    *,
    limit: int | None,
    seed: int,
    candidates: int | None,
    max_attempts: int | None,
    checks: bool,
) -> Setup:
    """Return the set-up of a new evaluation, without making or starting anything.

    Raises:
        RequestError: a limit is unusable, or the suite has no programs to replay.
        ModelUnknownError: no model has this name.
    """
    attempts = settings.max_attempts if max_attempts is None else max_attempts
    Budget.read({"attempts": attempts})
    programs = settings.candidates if candidates is None else candidates
    return Setup(
        run=secrets.token_hex(6),
        version=our_version(),
        suite=suite.name,
        questions={question.id: question.digest for question in suite.questions},
        model=_model_name(suite, client, settings),
        limit=limit,
        seed=seed,
        candidates=checked_candidates(programs),
        max_attempts=attempts,
        checks=checks,
    )


def _model_name(suite: Suite, client: BaseChatModel | str | None, settings: Settings) -> str:
    if isinstance(client, BaseChatModel):
        return profile_of(client).name
    name = client or default_model(settings)
    if name.startswith(REPLAY):
        check_replay(name, suite)
    else:
        check_name(name)
    return name


def first(journal: Journal, setup: Setup) -> Setup:
    """Check that the folder has no evaluation yet; return the set-up.

    Raises:
        RequestError: it has one.
    """
    if journal.setup() is not None:
        raise RequestError(
            f"{str(journal.folder)!r} has an evaluation already; continue it with --resume, or"
            " name another folder with --out"
        )
    return setup


def resumed(journal: Journal, setup: Setup) -> Setup:
    """Return the set-up that the folder's evaluation was started with.

    Raises:
        RequestError: it has none, or another one than the options given now.
    """
    before = journal.setup()
    if before is None:
        raise RequestError(f"{str(journal.folder)!r} has no {SETUP_FILE}: nothing to resume there")
    wanted = setup.model_dump(exclude={"run", "version"})
    had = before.model_dump(exclude={"run", "version"})
    different = [name for name in had if had[name] != wanted[name]]
    if different:
        raise RequestError(
            f"the evaluation in {str(journal.folder)!r} was started with another"
            f" {', '.join(different)}; resume it with the same options"
        )
    return before
