"""Forgets old runs by itself, if the settings say how long runs are kept."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

from graph_agent.checkpoints import open_checkpoints, runs_before
from graph_agent.config.ages import parse_age
from graph_agent.config.settings import Settings
from graph_agent.runs.forgetting import forget_runs
from sandbox.private_files import private_folder

log = logging.getLogger(__name__)

PERIOD_S = 24 * 3600.0


def start_retention(settings: Settings) -> threading.Thread | None:
    """Apply the retention in the background, at most once a day; never fails a run.

    It may be cut off by the end of the process at any point, like a killed ``forget``.
    """
    if settings.retention is None:
        return None
    thread = threading.Thread(
        target=apply_retention, args=(settings,), name="codegen-retention", daemon=True
    )
    thread.start()
    return thread


def apply_retention(settings: Settings) -> None:
    """Forget the runs that are older than the settings keep them, unless that was done today.

    Runs that are being worked on, or wait for a person's answer, stay.
    """
    if settings.retention is None:
        return
    try:
        if not _is_due(settings):
            return
        before = datetime.now(UTC) - parse_age(settings.retention)
        with open_checkpoints(settings) as saver:
            old = [run for run in runs_before(saver, before) if run.status != "waiting"]
        if old:
            # An old database isn't rewritten: that would keep other runs waiting.
            done = forget_runs(settings, old, rewrite=False)
            log.info("%s runs older than %s are forgotten", len(done.threads), settings.retention)
    except Exception as error:  # whatever it is, the run goes on
        log.warning("old runs could not be forgotten: %s", error)


def _is_due(settings: Settings) -> bool:
    """Whether a day has passed; notes the time, so that a failure isn't repeated all day."""
    stamp = settings.state_dir / ".retention"
    if stamp.exists() and 0 <= time.time() - stamp.stat().st_mtime < PERIOD_S:
        return False
    private_folder(settings.state_dir)
    stamp.touch()
    return True
