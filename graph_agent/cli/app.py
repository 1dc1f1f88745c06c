"""The commands and their options. The work is done in the other modules of this package."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from graph_agent.cli.evaluation import eval_app
from graph_agent.cli.examples import examples_of, how_to_start
from graph_agent.cli.exits import exits
from graph_agent.cli.maintenance import env_app, model_app, sandbox_app, variables_app
from graph_agent.cli.options import (
    AllowPackages,
    Candidates,
    Decimal,
    Encoding,
    Json,
    KeepFormulas,
    MaxAttempts,
    MaxCalls,
    MaxCost,
    MaxTime,
    MaxTokens,
    Memory,
    Model,
    OlderThan,
    Out,
    Privacy,
    Separator,
    Sheet,
    Thread,
    Timeout,
    TrustPickle,
    Variables,
    Verbose,
    approve_from,
    budget_from,
    read_options_from,
    returns_from,
)
from graph_agent.errors import RequestError

app = typer.Typer(
    name="codegen-agent",
    help="Answers plain-English questions about your data. It writes Python code and runs it in a"
    " locked-down Docker container.",
    epilog=how_to_start(),
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(variables_app, name="variables")
app.add_typer(model_app, name="model")
app.add_typer(eval_app, name="eval")
app.add_typer(env_app, name="env")


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
    """Accept the options that come before a command."""


@app.command(epilog=examples_of("run"))
def run(
    request: Annotated[
        str, typer.Argument(help="Your question, in plain English; - reads it from stdin.")
    ],
    var: Variables = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after",
            metavar="THREAD",
            help="Follow up on this run: its variables and results are variables again.",
        ),
    ] = None,
    model: Model = None,
    max_attempts: MaxAttempts = None,
    candidates: Candidates = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_time: MaxTime = None,
    max_cost: MaxCost = None,
    check: Annotated[
        Path | None,
        typer.Option(
            "--check", metavar="FILE.py", help="Python to run after the code; it must pass."
        ),
    ] = None,
    returns: Annotated[
        list[str] | None,
        typer.Option(
            "--return", metavar="NAME[:TYPE]", help="A variable to return, such as answer:bool."
        ),
    ] = None,
    privacy: Annotated[
        Privacy | None,
        typer.Option(
            "--privacy",
            help="How much of the data the model may see: schema (names and types), stats"
            " (aggregates too) or sample (a few rows, output and figures too; the default)."
            " With --after, the default is that run's.",
        ),
    ] = None,
    approve: Annotated[
        bool | None,
        typer.Option("--approve/--no-approve", help="Always ask me before code runs."),
    ] = None,
    approve_risky: Annotated[
        bool, typer.Option("--approve-risky", help="Ask me before risky code runs.")
    ] = False,
    skip_rule: Annotated[
        list[str] | None,
        typer.Option("--skip-rule", metavar="NAME", help="A rule to switch off for this request."),
    ] = None,
    allow_package: AllowPackages = None,
    timeout: Timeout = None,
    memory: Memory = None,
    out: Out = None,
    keep_formulas: KeepFormulas = False,
    verbose: Verbose = False,
    trust_pickle: TrustPickle = False,
    encoding: Encoding = None,
    sep: Separator = None,
    decimal: Decimal = None,
    sheet: Sheet = None,
    as_json: Json = False,
) -> None:
    """Answer one request."""
    with exits(as_json):
        from graph_agent.cli.run import RunOptions, run_request

        run_request(
            RunOptions(
                request=request,
                after=after,
                variables=var or [],
                model=model,
                max_attempts=max_attempts,
                candidates=candidates,
                budget=budget_from(max_calls, max_tokens, max_time, max_cost),
                check=check,
                returns=returns_from(returns),
                privacy=None if privacy is None else privacy.value,
                approve=approve_from(approve, approve_risky),
                skip_rules=skip_rule or [],
                allow_packages=allow_package or [],
                timeout_s=timeout,
                memory=memory,
                out=out,
                keep_formulas=keep_formulas,
                verbose=verbose,
                trust_pickle=trust_pickle,
                reading=read_options_from(encoding, sep, decimal, sheet),
                as_json=as_json,
            )
        )


@app.command(epilog=examples_of("resume"))
def resume(
    thread: Thread,
    model: Model = None,
    max_attempts: MaxAttempts = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_time: MaxTime = None,
    max_cost: MaxCost = None,
    yes: Annotated[bool, typer.Option("--yes", help="Approve the waiting code.")] = False,
    edit: Annotated[
        Path | None,
        typer.Option("--edit", metavar="FILE.py", help="Run this file's code instead."),
    ] = None,
    reject: Annotated[
        str | None,
        typer.Option("--reject", metavar="WORDS", help="Reject the code and tell the model why."),
    ] = None,
    out: Out = None,
    keep_formulas: KeepFormulas = False,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Continue a run that stopped, waits for you, or hit a limit that you now raise."""
    with exits(as_json):
        from graph_agent.cli.approval import answer_from
        from graph_agent.cli.run import run_to_end
        from graph_agent.workflow import AgentWorkflow

        answer = answer_from(yes, edit, reject)
        budget = budget_from(max_calls, max_tokens, max_time, max_cost)
        run_to_end(
            lambda settings: AgentWorkflow.resume(
                thread,
                model,
                max_attempts,
                answer=answer,
                budget=settings.prices_and(budget) if budget else None,
                settings=settings,
            ),
            out,
            as_json,
            keep_formulas=keep_formulas,
            verbose=verbose,
        )


@app.command(epilog=examples_of("fork"))
def fork(
    thread: Thread,
    attempt: Annotated[
        int, typer.Option("--attempt", min=0, help="The last attempt to keep; 0 keeps none.")
    ] = 0,
    request: Annotated[
        str | None, typer.Option("--request", metavar="TEXT", help="A new wording of the request.")
    ] = None,
    model: Model = None,
    max_attempts: MaxAttempts = None,
    out: Out = None,
    keep_formulas: KeepFormulas = False,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Start a new run from an attempt of an old one, with a new wording or another model."""
    with exits(as_json):
        from graph_agent.cli.run import run_to_end
        from graph_agent.workflow import AgentWorkflow

        run_to_end(
            lambda settings: AgentWorkflow.fork(
                thread, attempt, model, max_attempts, request_text=request, settings=settings
            ),
            out,
            as_json,
            keep_formulas=keep_formulas,
            verbose=verbose,
        )


@app.command(epilog=examples_of("threads"))
def threads(as_json: Json = False) -> None:
    """List the runs."""
    with exits(as_json):
        from graph_agent.cli.threads import list_threads

        list_threads(as_json)


@app.command(epilog=examples_of("show"))
def show(
    thread: Thread,
    sent: Annotated[
        bool,
        typer.Option("--sent", help="Print exactly what was sent to the model instead."),
    ] = False,
    html: Annotated[
        bool, typer.Option("--html", help="Print its report as one HTML page instead.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Save its files there instead."),
    ] = None,
    keep_formulas: KeepFormulas = False,
    as_json: Json = False,
) -> None:
    """Print a run's transcript."""
    with exits(as_json):
        from graph_agent.cli.threads import save_shown, show_html, show_sent, show_thread

        if html and (sent or as_json):
            raise RequestError("give only one of --html, --sent and --json")
        if out is not None:
            if html or sent:
                raise RequestError("give only one of --out, --html and --sent")
            save_shown(thread, out, as_json, keep_formulas)
            return
        (show_html if html else show_sent if sent else show_thread)(thread, as_json)


@app.command(epilog=examples_of("forget"))
def forget(
    threads: Annotated[
        list[str] | None, typer.Argument(metavar="[THREAD]...", help="Thread ids of runs.")
    ] = None,
    older_than: OlderThan = None,
    all_: Annotated[bool, typer.Option("--all", help="Forget all runs.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove runs: their checkpoints, model calls, files, and values that only they used."""
    with exits(as_json):
        from graph_agent.cli.forget import forget_threads

        forget_threads(threads or [], older_than, all_, yes, as_json)


@app.command(name="exec", epilog=examples_of("exec"))
def exec_(
    file: Annotated[Path, typer.Argument(help="The Python file to run; - reads it from stdin.")],
    var: Variables = None,
    returns: Annotated[
        list[str] | None,
        typer.Option("--return", metavar="NAME", help="A variable to print, and save alone."),
    ] = None,
    allow_package: AllowPackages = None,
    timeout: Timeout = None,
    memory: Memory = None,
    out: Out = None,
    keep_formulas: KeepFormulas = False,
    trust_pickle: TrustPickle = False,
    encoding: Encoding = None,
    sep: Separator = None,
    decimal: Decimal = None,
    sheet: Sheet = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print control characters to a terminal unchanged.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run a Python file in the sandbox, without a model."""
    with exits(as_json):
        from graph_agent.cli.exec import execute_file
        from graph_agent.config.settings import load_settings
        from graph_agent.from_settings import with_run_limits

        reading = read_options_from(encoding, sep, decimal, sheet)
        settings = with_run_limits(load_settings(), allow_package or [], timeout, memory)
        execute_file(
            file,
            var or [],
            out,
            trust_pickle,
            as_json,
            reading,
            settings,
            returns=returns or None,
            raw=raw,
            keep_formulas=keep_formulas,
        )


@app.command(epilog=examples_of("batch"))
def batch(
    requests: Annotated[
        Path,
        typer.Argument(
            metavar="REQUESTS.jsonl",
            help="A JSON object on each line: id, request, variables (name to file), and what a"
            " request takes.",
        ),
    ],
    model: Model = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency",
            min=1,
            help="Requests that are worked on at once; otherwise 4, or what Ray's nodes take.",
        ),
    ] = None,
    out: Out = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the batch in --out.")] = False,
    metrics: Annotated[
        Path | None,
        typer.Option(
            "--metrics", metavar="FILE", help="Write Prometheus metrics there after each result."
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="ADDRESS",
            help="Use the machines of a Ray cluster: auto, or HOST:PORT of its head.",
        ),
    ] = None,
    max_attempts: MaxAttempts = None,
    candidates: Candidates = None,
    allow_package: AllowPackages = None,
    timeout: Timeout = None,
    memory: Memory = None,
    keep_formulas: KeepFormulas = False,
    trust_pickle: TrustPickle = False,
    encoding: Encoding = None,
    sep: Separator = None,
    decimal: Decimal = None,
    sheet: Sheet = None,
    as_json: Json = False,
) -> None:
    """Answer a file of requests, several at once."""
    with exits(as_json):
        from graph_agent.cli.batch import BatchCommand, run_requests

        run_requests(
            BatchCommand(
                requests=requests,
                model=model,
                concurrency=concurrency,
                out=out,
                resume=resume,
                metrics=metrics,
                ray=ray,
                max_attempts=max_attempts,
                candidates=candidates,
                allow_packages=allow_package or [],
                timeout_s=timeout,
                memory=memory,
                keep_formulas=keep_formulas,
                trust_pickle=trust_pickle,
                reading=read_options_from(encoding, sep, decimal, sheet),
                as_json=as_json,
            )
        )


@app.command(epilog=examples_of("doctor"))
def doctor(
    security: Annotated[
        bool,
        typer.Option("--security", help="Prove the sandbox's guarantees with real containers."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check this machine and say how to fix what doesn't work."""
    with exits(as_json):
        if security:
            from graph_agent.cli.security import prove_security

            prove_security(as_json)
        from graph_agent.cli.doctor import check_machine

        check_machine(as_json)


@app.command(epilog=examples_of("mcp"))
def mcp(
    folder: Annotated[
        list[Path] | None,
        typer.Option("--folder", metavar="DIR", help="Clients may name files in this folder."),
    ] = None,
    model: Model = None,
    http: Annotated[
        bool, typer.Option("--http", help="Serve streamable HTTP on 127.0.0.1, with a token.")
    ] = False,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="With --http.")] = 8765,
    timeout: Timeout = None,
    memory: Memory = None,
    allow_package: AllowPackages = None,
) -> None:
    """Serve the sandbox and the agent to other agents, as an MCP server.

    The token is the value of CODEGEN_AGENT_MCP_TOKEN, or one that is made up and printed.
    """
    with exits(False):
        import os

        from graph_agent.cli.mcp import TOKEN_VARIABLE, serve
        from graph_agent.config.settings import load_settings
        from graph_agent.from_settings import with_run_limits

        settings = with_run_limits(load_settings(), allow_package or [], timeout, memory)
        token = os.environ.get(TOKEN_VARIABLE) or None
        serve(folder or [], model, port if http else None, token, settings)
