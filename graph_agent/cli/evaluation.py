"""``eval``: measure how often answers are right, and compare two measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from graph_agent.cli.examples import examples_of
from graph_agent.cli.exits import exits, print_json, say, sigterm_as_interrupt
from graph_agent.cli.options import Candidates, Json, MaxAttempts, Model, Out

__all__ = ["eval_app"]


class _SuiteFirst(TyperGroup):
    """Takes what isn't a command's name as the suite to run: ``eval SUITE``."""

    default = "run"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command before anything else but a command or a question for help."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


eval_app = typer.Typer(
    cls=_SuiteFirst,
    help="Measure how often answers are right: codegen-agent eval SUITE.",
    no_args_is_help=True,
)


@eval_app.command(epilog=examples_of("eval run"))
def run(
    suite: Annotated[
        str, typer.Argument(help="everyday, humaneval, dataframebench, databench, or a folder.")
    ],
    folder: Annotated[
        str | None, typer.Argument(help="After databench: the folder in its layout.")
    ] = None,
    model: Model = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Ask only so many questions, of all categories."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Which questions --limit picks.")] = 0,
    candidates: Candidates = None,
    max_attempts: MaxAttempts = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, help="Questions that are asked at once.")
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the evaluation in --out.")
    ] = False,
    checks: Annotated[
        bool, typer.Option("--checks", help="Let the agent see the suite's judge, as its checks.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Ask DataBench's questions about whole tables.")
    ] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Ask the agent every question of a suite, and let the suite judge the answers."""
    with exits(as_json):
        from graph_agent.cli.progress_bar import shown
        from graph_agent.evaluation.reports import markdown_table
        from graph_agent.evaluation.running import Step, evaluate
        from graph_agent.evaluation.tables import tables_of

        right = 0
        with shown("right", quiet=as_json) as bar, sigterm_as_interrupt():

            def show(step: Step) -> None:
                nonlocal right
                right += step.answered is not None and step.answered.verdict == "right"
                bar.update(step.folder, step.done, step.total, right)

            found = evaluate(
                suite if folder is None else f"{suite}:{folder}",
                model,
                limit=limit,
                seed=seed,
                candidates=candidates,
                max_attempts=max_attempts,
                concurrency=concurrency,
                resume=resume,
                out=out,
                checks=checks,
                full=full,
                on_step=show,
            )
        if as_json:
            print_json({**found.summary, "out": str(found.folder)})
            return
        say("\n\n".join(markdown_table(table) for table in tables_of(found.summary)))
        say(f"\nReports in {found.folder}: report.md, report.json, report.html")


@eval_app.command(epilog=examples_of("eval compare"))
def compare(
    first: Annotated[Path, typer.Argument(help="The --out folder of one evaluation.")],
    second: Annotated[Path, typer.Argument(help="The --out folder of another one.")],
    as_json: Json = False,
) -> None:
    """Compare two evaluations on the questions that both answered."""
    with exits(as_json):
        from graph_agent.evaluation.comparison import compared, comparison_table
        from graph_agent.evaluation.reports import markdown_table

        found = compared(first, second)
        if as_json:
            print_json(found)
            return
        table = comparison_table(found)
        say(f"{table.title} that both answered\n\n{markdown_table(table)}")
