"""The command line: commands and options; what they do is in the modules beside."""

from __future__ import annotations

from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from graph_agent.cli.exits import exits

app = typer.Typer(
    name="codegen-agent",
    help="Answers plain-English requests about your data with Python it writes and runs in a"
    " locked-down Docker container.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
sandbox_app = typer.Typer(
    help="The runner image, and leftovers on the engine.", no_args_is_help=True
)
variables_app = typer.Typer(help="The stored variables.", no_args_is_help=True)
model_app = typer.Typer(help="The embedded local model.", no_args_is_help=True)
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(variables_app, name="variables")
app.add_typer(model_app, name="model")


class Privacy(StrEnum):
    """What the model may be told of the data."""

    SCHEMA = "schema"
    STATS = "stats"
    SAMPLE = "sample"


Variables = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=FILE", help="A variable from a file.")
]
TrustPickle = Annotated[
    bool, typer.Option("--trust-pickle", help="Allow .pkl files; reading one can run any code.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where to leave the files.")]
Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="A model's name, or 'local'.")
]


def _print_version(asked: bool) -> None:
    if asked:
        try:
            typer.echo(version("codegen-agent"))
        except PackageNotFoundError:
            typer.echo("not installed")
        raise typer.Exit


@app.callback()
def options(
    version_: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def run(
    request: Annotated[str, typer.Argument(help="What you want to know, in plain words.")],
    var: Variables = None,
    model: Model = None,
    max_attempts: Annotated[
        int | None, typer.Option("--max-attempts", min=1, help="How often code may be written.")
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE.py", help="Python run after the code; must pass."),
    ] = None,
    returns: Annotated[
        list[str] | None, typer.Option("--return", metavar="NAME", help="A variable to bring back.")
    ] = None,
    privacy: Annotated[
        Privacy, typer.Option("--privacy", help="What the model may be told of the data.")
    ] = Privacy.SAMPLE,
    out: Out = None,
    trust_pickle: TrustPickle = False,
    as_json: Json = False,
) -> None:
    """Answer one request."""
    with exits(as_json):
        from graph_agent.cli.running import RunOptions, run_request

        run_request(
            RunOptions(
                request=request,
                variables=var or [],
                model=model,
                max_attempts=max_attempts,
                check=check,
                returns=returns or None,
                privacy=privacy.value,
                out=out,
                trust_pickle=trust_pickle,
                as_json=as_json,
            )
        )


@app.command()
def resume(
    thread: Annotated[str, typer.Argument(help="The run's thread id.")],
    model: Model = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Go on with a stopped run."""
    with exits(as_json):
        from graph_agent.cli.running import resume_run

        resume_run(thread, model, out, as_json)


@app.command()
def threads(as_json: Json = False) -> None:
    """List the runs."""
    with exits(as_json):
        from graph_agent.cli.history import list_threads

        list_threads(as_json)


@app.command()
def show(
    thread: Annotated[str, typer.Argument(help="The run's thread id.")], as_json: Json = False
) -> None:
    """Print a run's transcript."""
    with exits(as_json):
        from graph_agent.cli.history import show_thread

        show_thread(thread, as_json)


@app.command(name="exec")
def exec_(
    file: Annotated[Path, typer.Argument(help="The Python file to run.")],
    var: Variables = None,
    out: Out = None,
    trust_pickle: TrustPickle = False,
    as_json: Json = False,
) -> None:
    """Run a Python file in the sandbox, without any model."""
    with exits(as_json):
        from graph_agent.cli.executing import execute_file

        execute_file(file, var or [], out, trust_pickle, as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Tell what works here, and how to mend what does not."""
    with exits(as_json):
        from graph_agent.cli.checkup import examine

        examine(as_json)


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
