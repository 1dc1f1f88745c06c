"""The error of who comes second to a thread."""

from __future__ import annotations

from graph_agent.errors import ThreadError


def busy(thread_id: str, holder: str) -> ThreadError:
    """Say who works on a thread, and what to do."""
    return ThreadError(
        f"{holder} is working on the run {thread_id!r};"
        " wait for its end, or end it, then resume the run"
    )
