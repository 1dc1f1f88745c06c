"""Saves a run's files as the command line does, with everything that is known of the run."""

from __future__ import annotations

import shlex
from pathlib import Path

from graph_agent.config.settings import Settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import OutputError
from graph_agent.models.sent import sent_messages
from graph_agent.results.artifacts import save_run
from graph_agent.results.output_folder import SavedFiles
from graph_agent.results.report import readable_report
from graph_agent.results.result import CodeGenerationResult
from graph_agent.results.script.inputs import Payloads

__all__ = ["save_result"]


def save_result(
    result: CodeGenerationResult,
    folder: Path,
    settings: Settings,
    *,
    keep_formulas: bool = False,
    payloads: Payloads | None = None,
) -> SavedFiles:
    """Write a run's files; ``payloads``: the values of its variables, where they are at hand.

    Raises:
        OutputError: they can't be written.
    """
    try:
        return save_run(
            result.output,
            variable_store(settings),
            folder,
            result.thread_id,
            keep_formulas=keep_formulas,
            report=readable_report(result, sent_messages(settings, result.thread_id)),
            inputs=result.inputs(payloads),
        )
    except OSError as error:
        thread = shlex.quote(result.thread_id)
        raise OutputError(
            f"the run has ended, but its files cannot be written to {str(folder)!r}:"
            f" {error.strerror}; free some space or name another folder, and run"
            f" `codegen-agent show {thread} --out FOLDER`, which asks no model"
        ) from error
