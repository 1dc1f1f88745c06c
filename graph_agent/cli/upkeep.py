"""Commands for what lies about: the runner image, stored variables, the local model."""

from __future__ import annotations

from typing import Annotated

import typer

from graph_agent.cli.exits import exits
from graph_agent.cli.options import Json

sandbox_app = typer.Typer(
    help="The runner image, and leftovers on the engine.", no_args_is_help=True
)
variables_app = typer.Typer(help="The stored variables.", no_args_is_help=True)
model_app = typer.Typer(help="The embedded local model.", no_args_is_help=True)


@sandbox_app.command()
def build(
    force: Annotated[bool, typer.Option("--force", help="Build even if it is there.")] = False,
    as_json: Json = False,
) -> None:
    """Build the runner image."""
    with exits(as_json):
        from graph_agent.cli.provisioning import build_runner

        build_runner(force, as_json)


@sandbox_app.command(name="gc")
def sandbox_gc(as_json: Json = False) -> None:
    """Remove old images, and what dead processes left on the engine."""
    with exits(as_json):
        from graph_agent.cli.cleaning import clean_engine

        clean_engine(as_json)


@variables_app.command(name="gc")
def variables_gc(
    min_age_s: Annotated[
        float,
        typer.Option("--min-age-s", min=0, help="Keep younger ones: their run may just begin."),
    ] = 3600.0,
    as_json: Json = False,
) -> None:
    """Remove stored values that no run's checkpoints in the state folder refer to."""
    with exits(as_json):
        from graph_agent.cli.cleaning import clean_variables

        clean_variables(min_age_s, as_json)


@model_app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="'local' or 'local-small'.")] = "local",
    as_json: Json = False,
) -> None:
    """Fetch the local model's weights, checked by hash."""
    with exits(as_json):
        from graph_agent.cli.provisioning import fetch_model

        fetch_model(name, as_json)
