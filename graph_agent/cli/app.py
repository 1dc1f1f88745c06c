"""The command line: commands and options; what they do is in the modules beside."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from graph_agent.cli.exits import exits
from graph_agent.cli.options import (
    Json,
    Limits,
    MaxAttempts,
    MaxCalls,
    MaxCost,
    MaxTime,
    MaxTokens,
    Model,
    Out,
    Privacy,
    Thread,
    TrustPickle,
    Variables,
    approve_from,
)
from graph_agent.cli.upkeep import model_app, sandbox_app, variables_app

app = typer.Typer(
    name="codegen-agent",
    help="Answers plain-English requests about your data with Python it writes and runs in a"
    " locked-down Docker container.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(variables_app, name="variables")
app.add_typer(model_app, name="model")


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
    max_attempts: MaxAttempts = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_time: MaxTime = None,
    max_cost: MaxCost = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE.py", help="Python run after the code; must pass."),
    ] = None,
    returns: Annotated[
        list[str] | None, typer.Option("--return", metavar="NAME", help="A variable to bring back.")
    ] = None,
    privacy: Annotated[
        Privacy,
        typer.Option(
            "--privacy",
            help="What the model may be told of the data: names and types, aggregates too, or a few"
            " rows, output and figures too.",
        ),
    ] = Privacy.SAMPLE,
    approve: Annotated[
        bool | None,
        typer.Option("--approve/--no-approve", help="Ask me before code runs, every time."),
    ] = None,
    approve_risky: Annotated[
        bool, typer.Option("--approve-risky", help="Ask me before code runs that looks risky.")
    ] = False,
    skip_rule: Annotated[
        list[str] | None,
        typer.Option("--skip-rule", metavar="NAME", help="A rule that is not to judge the result."),
    ] = None,
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
                limits=Limits(
                    attempts=max_attempts,
                    calls=max_calls,
                    tokens=max_tokens,
                    time_s=max_time,
                    cost=max_cost,
                ),
                check=check,
                returns=returns or None,
                privacy=privacy.value,
                approve=approve_from(approve, approve_risky),
                skip_rules=skip_rule or [],
                out=out,
                trust_pickle=trust_pickle,
                as_json=as_json,
            )
        )


@app.command()
def resume(
    thread: Thread,
    model: Model = None,
    max_attempts: MaxAttempts = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_time: MaxTime = None,
    max_cost: MaxCost = None,
    yes: Annotated[bool, typer.Option("--yes", help="Let the code run that waits for it.")] = False,
    edit: Annotated[
        Path | None,
        typer.Option("--edit", metavar="FILE.py", help="Run this file's code in its place."),
    ] = None,
    reject: Annotated[
        str | None,
        typer.Option("--reject", metavar="WORDS", help="Do not run it, and tell the model why."),
    ] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Go on with a stopped run, one that waits for you, or, with a higher limit, one it ended."""
    with exits(as_json):
        from graph_agent.cli.running import resume_run

        limits = Limits(
            attempts=max_attempts,
            calls=max_calls,
            tokens=max_tokens,
            time_s=max_time,
            cost=max_cost,
        )
        resume_run(thread, model, limits, (yes, edit, reject), out, as_json)


@app.command()
def fork(
    thread: Thread,
    attempt: Annotated[
        int, typer.Option("--attempt", min=0, help="The last attempt to keep; 0: none.")
    ] = 0,
    request: Annotated[
        str | None, typer.Option("--request", metavar="TEXT", help="The request in other words.")
    ] = None,
    model: Model = None,
    max_attempts: MaxAttempts = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Go another way from an attempt of a run: with other words, or another model."""
    with exits(as_json):
        from graph_agent.cli.running import fork_run

        fork_run(thread, attempt, request, model, max_attempts, out, as_json)


@app.command()
def threads(as_json: Json = False) -> None:
    """List the runs."""
    with exits(as_json):
        from graph_agent.cli.history import list_threads

        list_threads(as_json)


@app.command()
def show(
    thread: Thread,
    sent: Annotated[
        bool,
        typer.Option("--sent", help="Print what was sent to the model instead, word for word."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Print a run's transcript."""
    with exits(as_json):
        from graph_agent.cli.history import show_sent, show_thread

        (show_sent if sent else show_thread)(thread, as_json)


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
