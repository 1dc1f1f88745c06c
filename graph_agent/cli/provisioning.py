"""``sandbox build`` and ``model fetch``: what a run needs, made ahead."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from graph_agent.cli.exits import print_json
from graph_agent.settings import load_settings
from sandbox.engine import connect
from sandbox.image import build_image


def build_runner(force: bool, as_json: bool) -> None:
    """Build the runner image if it is not there."""
    settings = load_settings()
    console = Console(stderr=True, quiet=as_json)
    client = connect()
    try:
        with console.status("building the runner image") as status:

            def tell(line: str) -> None:
                console.print(line, markup=False, highlight=False)
                status.update(line[:100].replace("[", "\\["))

            tag = build_image(client, progress=tell, force=force, cache_folder=settings.cache_dir)
    finally:
        client.close()
    if as_json:
        print_json({"image": tag})
    else:
        typer.echo(tag)


def fetch_model(name: str, as_json: bool) -> None:
    """Fetch a local model's weights if they are not there."""
    from graph_agent.models.local_weights import find_weights

    settings = load_settings()
    path = find_weights(name, cache_dir=settings.cache_dir)
    if path is None:
        path = _fetch(name, settings.cache_dir, Console(stderr=True, quiet=as_json))
    if as_json:
        print_json({"model": name, "path": str(path)})
    else:
        typer.echo(str(path))


def _fetch(name: str, cache_dir: Path, console: Console) -> Path:
    from graph_agent.models.local_weights import fetch_weights

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
