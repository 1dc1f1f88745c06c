"""``env allow``, ``deny`` and ``status``: what the .env file of a folder may set."""

from __future__ import annotations

from pathlib import Path

import typer

from graph_agent.cli.exits import print_json, say
from graph_agent.config.dotenv_file import read_dotenv
from graph_agent.config.settings import VARIABLES, allowed_folders, read_settings
from graph_agent.errors import SettingsError
from sandbox.terminal_text import escape_control_chars


def allow_folder(folder: Path, as_json: bool) -> None:
    """Let a folder's .env file, with the content it has now, set everything."""
    allowed = allowed_folders()
    path = folder.absolute() / ".env"
    if not path.is_file():
        raise SettingsError(f"there is no file {str(path)!r}; name the folder of a .env file")
    file = read_dotenv(path, allowed)
    allowed.allow(path, file.digest)
    names = {name for names in VARIABLES.values() for name in names}
    sets = sorted(names.intersection(file.entries))
    if as_json:
        print_json({"allowed": str(path), "sets": sets})
    else:
        _say(f"allowed until it changes: {str(path)!r}, which sets {', '.join(sets) or 'nothing'}")


def deny_folder(folder: Path, as_json: bool) -> None:
    """Let a folder's .env file set nothing, and don't mention it again."""
    path = folder.absolute() / ".env"
    allowed_folders().deny(path)
    if as_json:
        print_json({"denied": str(path)})
    else:
        _say(f"denied: {str(path)!r} sets nothing")


def show_sources(as_json: bool) -> None:
    """Print where each setting comes from, without its value."""
    found = read_settings()
    file, ignored = found.sources.folder_file, found.sources.ignored
    if as_json:
        folder = {"path": str(file.path), "standing": file.standing} if file else None
        print_json({"settings": found.origins(), "folder": folder, "ignored": list(ignored)})
        return
    for name, origin in found.origins().items():
        _say(f"{name}: {origin}")
    if file is not None:
        _say(f"{str(file.path)!r} is {_STANDINGS[file.standing]}")
    if line := found.sources.ignored_line():
        typer.echo(line, err=True)


_STANDINGS = {
    "denied": "denied: it sets nothing",
    "changed": "no longer allowed: it has changed",
    "unknown": "not allowed: it can only make limits tighter",
}


def _say(line: str) -> None:
    say(escape_control_chars(line))
