"""What the maintenance commands do: prepare what runs need, remove what is no longer used."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.text import Text

from graph_agent.checkpoints import all_referenced_digests, list_runs, open_checkpoints
from graph_agent.cli.exits import Exit, print_json, say, tell
from graph_agent.config.settings import load_settings
from graph_agent.config.stores import variable_store
from graph_agent.models import open_call_log
from sandbox.containers.leftovers import remove_from_engine, remove_from_store
from sandbox.engine.connection import connect
from sandbox.image import build_image, old_images, remove_images
from sandbox.terminal_text import one_line


def build_runner(force: bool, as_json: bool) -> None:
    """Build the runner image if it doesn't exist."""
    settings = load_settings()
    console = Console(stderr=True, quiet=as_json)
    with closing(connect()) as client, console.status("building the runner image") as status:

        def show(line: str) -> None:
            shown = Text(one_line(line))
            console.print(shown)
            status.update(shown[:100])

        tag = build_image(client, progress=show, force=force, cache_dir=settings.cache_dir)
    if as_json:
        print_json({"image": tag})
    else:
        typer.echo(tag)


def fetch_model(name: str, as_json: bool) -> None:
    """Download a local model's weights unless they are cached."""
    from graph_agent.models.local.weights import find_weights

    settings = load_settings()
    path = find_weights(name, cache_dir=settings.cache_dir)
    if path is None:
        path = _fetch(name, settings.cache_dir, Console(stderr=True, quiet=as_json))
    if as_json:
        print_json({"model": name, "path": str(path)})
    else:
        typer.echo(str(path))


def _fetch(name: str, cache_dir: Path, console: Console) -> Path:
    from graph_agent.models.local.weights import fetch_weights

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"model {name!r}", total=None)
        return fetch_weights(
            name, cache_dir, lambda done, total: bar.update(task, completed=done, total=total)
        )


def clean_engine(as_json: bool) -> None:
    """Remove old images, and containers and volumes of dead processes."""
    with closing(connect()) as client:
        leftovers = remove_from_engine(client)
        images = remove_images(client, old_images(client))
    _report({"images": images, **asdict(leftovers)}, as_json)


def clean_variables(min_age_s: float, as_json: bool) -> None:
    """Remove values that no checkpoint in the state folder refers to, and dead job folders."""
    settings = load_settings()
    with open_checkpoints(settings) as saver:
        referenced = all_referenced_digests(settings, saver)
        calls = open_call_log(settings)
        calls.forget_all_but([run.thread_id for run in list_runs(saver)], min_age_s)
    store = variable_store(settings)
    _report(asdict(remove_from_store(store, referenced, min_age_s)), as_json)


def verify_variables(as_json: bool) -> None:
    """Hash every stored value; exit 3 if one is damaged."""
    damaged = variable_store(load_settings()).verify()
    if as_json:
        print_json({"damaged": damaged})
    else:
        for digest in damaged:
            say(f"damaged {digest}")
        what = f"{len(damaged)} damaged: pass these values again" if damaged else "nothing damaged"
        tell(what)
    raise typer.Exit(int(Exit.ENVIRONMENT if damaged else Exit.SOLVED))


def _report(removed: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({"removed": removed})
        return
    lists = {kind: names for kind, names in removed.items() if isinstance(names, list)}
    for kind, names in lists.items():
        for name in names:
            say(f"removed {kind.rstrip('s').replace('_', ' ')} {name}")
    if "blob_bytes" in removed:
        tell(f"{removed['blob_bytes'] / 1e6:.1f} MB freed")
    if not any(lists.values()):
        tell("nothing to remove")
