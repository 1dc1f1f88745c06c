"""Save single checkpoints, without running a graph."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import ormsgpack
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import EXT_CONSTRUCTOR_POS_ARGS

from graph_agent.checkpoints import open_saver
from graph_agent.langgraph_internals import first_id_at

THREAD: Any = {"configurable": {"thread_id": "t"}}


def put(
    saver: BaseCheckpointSaver[str], thread: str, at: datetime | None = None, **values: object
) -> None:
    """Save a checkpoint with these channel values; ``at``: as if at an earlier time."""
    checkpoint = empty_checkpoint()
    # Postgres stores a channel's value once for each version.
    versions: Any = dict.fromkeys(values, checkpoint["id"])
    checkpoint |= {"channel_values": values, "channel_versions": versions}
    if at is not None:
        checkpoint |= {"ts": at.isoformat(), "id": first_id_at(at)}
    config: Any = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
    saver.put(config, checkpoint, {}, versions)  # type: ignore[arg-type]  # a TypedDict by |


def save(state_dir: Path, thread: str, **values: object) -> None:
    """Open the SQLite database of a state folder and save a checkpoint."""
    with open_saver(state_dir) as saver:
        put(saver, thread, **values)


def crafted(command: str) -> bytes:
    """Encode a value that makes a permissive loader call ``os.system``."""
    call = ormsgpack.packb(("os", "system", (command,)))
    return ormsgpack.packb(ormsgpack.Ext(EXT_CONSTRUCTOR_POS_ARGS, call))
