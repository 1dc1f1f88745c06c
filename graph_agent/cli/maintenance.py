"""Commands for the runner image, stored variables, .env files and the local model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graph_agent.cli.examples import examples_of
from graph_agent.cli.exits import exits
from graph_agent.cli.options import Json

sandbox_app = typer.Typer(help="Manage the runner image.", no_args_is_help=True)
variables_app = typer.Typer(help="Manage the stored variables.", no_args_is_help=True)
env_app = typer.Typer(help="Say which .env files may set everything.", no_args_is_help=True)
model_app = typer.Typer(help="Manage the local models.", no_args_is_help=True)


Folder = Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The folder of the .env file.")]


@sandbox_app.command(epilog=examples_of("sandbox build"))
def build(
    force: Annotated[bool, typer.Option("--force", help="Build it even if it exists.")] = False,
    as_json: Json = False,
) -> None:
    """Build the runner image."""
    with exits(as_json):
        from graph_agent.cli.provisioning import build_runner

        build_runner(force, as_json)


@sandbox_app.command(name="gc", epilog=examples_of("sandbox gc"))
def sandbox_gc(as_json: Json = False) -> None:
    """Remove old images, and containers and volumes left by dead processes."""
    with exits(as_json):
        from graph_agent.cli.provisioning import clean_engine

        clean_engine(as_json)


@variables_app.command(name="gc", epilog=examples_of("variables gc"))
def variables_gc(
    min_age_s: Annotated[
        float,
        typer.Option("--min-age-s", min=0, help="Keep younger values: their run may be new."),
    ] = 3600.0,
    as_json: Json = False,
) -> None:
    """Remove stored values that no run in the state folder refers to."""
    with exits(as_json):
        from graph_agent.cli.provisioning import clean_variables

        clean_variables(min_age_s, as_json)


@variables_app.command(epilog=examples_of("variables verify"))
def verify(as_json: Json = False) -> None:
    """Read every stored value and list the damaged ones."""
    with exits(as_json):
        from graph_agent.cli.provisioning import verify_variables

        verify_variables(as_json)


@env_app.command(epilog=examples_of("env allow"))
def allow(folder: Folder = Path(), as_json: Json = False) -> None:
    """Let a folder's .env file set everything, until its content changes."""
    with exits(as_json):
        from graph_agent.cli.env import allow_folder

        allow_folder(folder, as_json)


@env_app.command(epilog=examples_of("env deny"))
def deny(folder: Folder = Path(), as_json: Json = False) -> None:
    """Let a folder's .env file set nothing, and don't mention it again."""
    with exits(as_json):
        from graph_agent.cli.env import deny_folder

        deny_folder(folder, as_json)


@env_app.command(epilog=examples_of("env status"))
def status(as_json: Json = False) -> None:
    """Show where each setting comes from, without its value."""
    with exits(as_json):
        from graph_agent.cli.env import show_sources

        show_sources(as_json)


@model_app.command(name="list", epilog=examples_of("model list"))
def list_(as_json: Json = False) -> None:
    """List the local models, what they need, and how often they are right."""
    with exits(as_json):
        from graph_agent.cli.local_models import list_models

        list_models(as_json)


@model_app.command(epilog=examples_of("model fetch"))
def fetch(
    name: Annotated[str, typer.Argument(help="A name from `model list`.")] = "local",
    as_json: Json = False,
) -> None:
    """Download a local model's weights and check their hash."""
    with exits(as_json):
        from graph_agent.cli.provisioning import fetch_model

        fetch_model(name, as_json)
