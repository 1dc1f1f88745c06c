"""Whether this machine and the nodes of a cluster see the same database and the same store.

Each batch has a token. The machine that starts it leaves it in both, where each node looks for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from graph_agent.config.settings import Settings
from graph_agent.errors import ClusterError
from graph_agent.models.shared_call_log import open_call_log
from sandbox.variables.shared import SharedBlobs

__all__ = ["check_sees_database", "check_sees_store", "held_open", "mark", "marks_of"]


@contextlib.contextmanager
def held_open(settings: Settings, shared: SharedBlobs, token: str) -> Iterator[None]:
    """Let nodes check, while the block runs, that they see what this machine sees.

    Raises:
        CheckpointError: the database can't be used.
        VariableStoreError: the store can't be written.
        ClusterError: the store doesn't keep what is written.
    """
    calls = open_call_log(settings)
    calls.mark(_thread(token))
    try:
        shared.write_text(_place(token), token)
        check_sees_store(shared, token)
        yield
    finally:
        shared.remove(f"probe/{token}")
        calls.unmark(_thread(token))


def check_sees_database(settings: Settings, token: str) -> None:
    """Check on a node that its settings name the batch's database.

    Raises:
        ClusterError: they name another one, or none.
        CheckpointError: it can't be used.
    """
    if settings.checkpoints is None:
        raise ClusterError(
            "CODEGEN_AGENT_CHECKPOINTS isn't set there; it must name the Postgres database that"
            " the batch was started with"
        )
    if not open_call_log(settings).is_marked(_thread(token)):
        raise ClusterError(
            "CODEGEN_AGENT_CHECKPOINTS names another database there than where the batch was"
            " started"
        )


def check_sees_store(shared: SharedBlobs, token: str) -> None:
    """Check that the shared store is the one that the batch was started with.

    Raises:
        ClusterError: it is another one.
        VariableStoreError: it can't be read.
    """
    if shared.read_text(_place(token)) != token:
        raise ClusterError(
            f"the shared store {shared.url!r} is another one there than where the batch was"
            " started: what was written to it can't be read; a folder must be the same mounted"
            " disk on each node, and a bucket the same one, with the same endpoint"
        )


def mark(shared: SharedBlobs, token: str, node: str) -> None:
    """Write to the store, on a node.

    Raises:
        VariableStoreError: it can't be written.
    """
    shared.write_text(f"probe/{token}/{node}", node)


def marks_of(shared: SharedBlobs, token: str, node: str) -> bool:
    """Whether this machine can read what a node wrote.

    Raises:
        VariableStoreError: the store can't be read.
    """
    return shared.read_text(f"probe/{token}/{node}") == node


def _place(token: str) -> str:
    return f"probe/{token}/token"


def _thread(token: str) -> str:
    return f"batch {token}"
