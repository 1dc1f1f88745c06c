"""``sandbox gc`` and ``variables gc``: removes what nothing uses any more."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import typer
from langgraph.checkpoint.base import BaseCheckpointSaver

from graph_agent.checkpoints import open_checkpoints, runs
from graph_agent.cli.exits import print_json, say
from graph_agent.models import CallJournal
from graph_agent.settings import load_settings
from sandbox.engine import connect
from sandbox.image import old_images, remove_images
from sandbox.leftovers import remove_from_engine, remove_from_store
from sandbox.store import VariableStore

# Overlapping: what stands beside a digest may look like more of it, and no digest may be missed.
_DIGEST = re.compile(rb"(?=([0-9a-f]{64}))")


def clean_engine(as_json: bool) -> None:
    """Remove old images, and containers and volumes of dead processes."""
    client = connect()
    try:
        left = remove_from_engine(client)
        images = remove_images(client, old_images(client))
    finally:
        client.close()
    _tell({"images": images, **asdict(left)}, as_json)


def clean_variables(min_age_s: float, as_json: bool) -> None:
    """Remove values that no checkpoint of the state folder refers to, and dead job folders."""
    settings = load_settings()
    with open_checkpoints(settings) as saver:
        referenced = referenced_digests(saver)
        calls = CallJournal(settings.state_dir / "calls")
        calls.forget_all_but([one.thread_id for one in runs(saver)], min_age_s)
    left = remove_from_store(VariableStore(settings.state_dir / "variables"), referenced, min_age_s)
    _tell(asdict(left), as_json)


def referenced_digests(saver: BaseCheckpointSaver[str]) -> set[str]:
    """Collect whatever looks like a digest in all checkpoints and pending writes."""
    found: set[str] = set()
    for saved in saver.list(None):
        # Serialized again and searched: wherever in the state a digest stands, it counts.
        content = [saved.checkpoint, saved.metadata, saved.pending_writes]
        _, data = saver.serde.dumps_typed(content)
        found.update(digest.decode() for digest in _DIGEST.findall(data))
    return found


def _tell(removed: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({"removed": removed})
        return
    lists = {kind: names for kind, names in removed.items() if isinstance(names, list)}
    for kind, names in lists.items():
        for name in names:
            say(f"removed {kind.rstrip('s').replace('_', ' ')} {name}")
    if "blob_bytes" in removed:
        typer.echo(f"{removed['blob_bytes'] / 1e6:.1f} MB freed", err=True)
    if not any(lists.values()):
        typer.echo("nothing to remove", err=True)
