"""``batch``: answer a file of requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from graph_agent.batch.journal import RequestResult, Unfinished
from graph_agent.batch.running import Batch, BatchStep, run_batch
from graph_agent.batch.values import FileOptions
from graph_agent.cli.exits import Exit, Notes, print_json, say, sigterm_as_interrupt, tell
from graph_agent.cli.progress_bar import Bar, how_to_continue, shown
from graph_agent.config.log import configure_log
from graph_agent.config.settings import load_settings
from graph_agent.files.reading import ReadOptions
from graph_agent.from_settings import with_run_limits

MAX_LISTED = 10


@dataclass(frozen=True, kw_only=True)
class BatchCommand:
    """The options of ``batch``."""

    requests: Path
    model: str | None
    concurrency: int | None
    out: Path | None
    resume: bool
    metrics: Path | None
    ray: str | None
    max_attempts: int | None
    candidates: int | None
    allow_packages: Sequence[str]
    timeout_s: float | None
    memory: str | None
    keep_formulas: bool
    trust_pickle: bool
    reading: ReadOptions
    as_json: bool


def run_requests(options: BatchCommand) -> None:
    """Answer all requests, show what became of them, and exit."""
    settings = with_run_limits(
        load_settings(), options.allow_packages, options.timeout_s, options.memory
    )
    configure_log(settings.state_dir, settings.log_level, settings.secrets())
    notes = Notes()
    with shown("solved", quiet=options.as_json) as bar, sigterm_as_interrupt():
        batch = run_batch(
            options.requests,
            options.model,
            concurrency=options.concurrency,
            out=options.out,
            resume=options.resume,
            metrics=options.metrics,
            ray=options.ray,
            max_attempts=options.max_attempts,
            candidates=options.candidates,
            settings=settings,
            files=FileOptions(
                options.reading, options.trust_pickle, options.keep_formulas, notes.add
            ),
            on_step=lambda step: _show(step, bar),
        )
    code = exit_code_of(batch)
    if options.as_json:
        unfinished = [each.to_state() for each in batch.unfinished]
        out = {"out": str(batch.folder), "exit_code": int(code), "notes": list(notes)}
        print_json({**batch.summary, "unfinished_requests": unfinished, **out})
    else:
        _summarize(batch)
    raise typer.Exit(int(code))


def exit_code_of(batch: Batch) -> Exit:
    """Return the exit code of a batch: that of its worst request."""
    missing = {each.kind for each in batch.unfinished}
    if "environment" in missing:
        return Exit.ENVIRONMENT
    if "input" in missing:
        return Exit.BAD_INPUT
    if "waiting" in missing:
        return Exit.INTERRUPTED
    return Exit.NOT_SOLVED if batch.summary["not_solved"] else Exit.SOLVED


def _show(step: BatchStep, bar: Bar) -> None:
    if step.stopping:
        tell("interrupted: finishing the current steps; an interrupt or Ctrl-C again stops them")
        return
    bar.update(step.folder, step.done, step.total, step.solved)
    if step.found is not None:
        bar.say(_line(step.found))


def _line(found: RequestResult | Unfinished) -> str:
    if isinstance(found, Unfinished):
        return f"{found.id}: {_KINDS[found.kind]}: {found.message}"
    state = "solved" if found.success else f"not solved: {found.problem}"
    attempts = f"{found.attempts} attempt{'' if found.attempts == 1 else 's'}"
    return f"{found.id}: {state} ({attempts}, {found.seconds:.1f} s)"


_KINDS = {
    "environment": "no result, the environment failed",
    "input": "no result, unusable input",
    "waiting": "no result yet",
}


def _summarize(batch: Batch) -> None:
    found = batch.summary
    missing = {kind: count for kind, count in found["unfinished"].items() if count}
    if found["open"]:
        missing["not begun or cut off"] = found["open"]
    counts = [f"{found['solved']} of {found['requests']} solved"]
    counts += [f"{found['not_solved']} not solved"] if found["not_solved"] else []
    if missing:
        listed = ", ".join(f"{kind} {count}" for kind, count in missing.items())
        counts.append(f"{sum(missing.values())} without a result ({listed})")
    say(", ".join(counts))
    cost = "" if found["cost"] is None else f", cost {found['cost']:.4f}"
    tokens = found["input_tokens"] + found["output_tokens"]
    say(
        f"{found['calls']} model calls, {tokens:,} tokens, {found['attempts']} attempts,"
        f" {found['seconds']:.1f} s of work{cost}"
    )
    say(f"Results in {batch.folder}: results.jsonl, summary.json, and a folder for each request")
    for each in batch.unfinished[:MAX_LISTED]:
        tell(_line(each))
    if missing:
        tell(how_to_continue(batch.folder))
