"""``exec``: the sandbox alone."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from graph_agent.artifacts import json_value, save_values
from graph_agent.asking import read_code
from graph_agent.cli.exits import Exit, print_json, say
from graph_agent.cli.running import usable_folder, writing
from graph_agent.graph import policy_from
from graph_agent.settings import load_settings
from graph_agent.summaries import summarize
from graph_agent.variable_files import read_variable_files
from sandbox import DockerSandbox, Execution
from sandbox.figure_formats import figure_suffix


def execute_file(
    file: Path, specs: list[str], out: Path | None, trust_pickle: bool, as_json: bool
) -> None:
    """Run a Python file once; 0 if it ran to its end, 1 if not."""
    settings = load_settings()
    code = read_code(file, "Python")
    folder = None if out is None else usable_folder(out)
    variables = read_variable_files(specs, trust_pickle=trust_pickle)
    with DockerSandbox(policy_from(settings)) as sandbox:
        sandbox.check()
        run = sandbox.run(code, variables, on_output=None if as_json else _pass_on)
    files = [] if folder is None else _save(run, folder)
    if as_json:
        print_json(as_object(run, files))
    else:
        _tell(run, files)
    raise typer.Exit(int(Exit.SOLVED if run.ok else Exit.NOT_SOLVED))


def as_object(run: Execution, files: list[Path]) -> dict[str, Any]:
    """Make the object ``--json`` prints; figures are described, ``--out`` saves them."""
    return {
        "outcome": run.outcome,
        "detail": run.detail,
        "stdout": run.stdout,
        "stderr": run.stderr,
        "error": None if run.error is None else asdict(run.error),
        "variables": {
            name: {
                "type": run.payloads[name].type_name,
                "summary": summarize(name, value).text,
                "value": json_value(value),
            }
            for name, value in run.variables.items()
        },
        "withheld": dict(run.withheld),
        "figures": [
            {"mime": one.mime, "width": one.width, "height": one.height} for one in run.figures
        ],
        "display": run.display_text,
        "changed_inputs": list(run.changed_inputs),
        "duration_s": run.duration_s,
        "files": [str(path) for path in files],
    }


def _pass_on(stream: str, text: str) -> None:
    if stream == "stdout":
        say(text, end="")
        return
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _save(run: Execution, folder: Path) -> list[Path]:
    with writing(folder):
        written = save_values(dict(run.variables), folder)
        for index, figure in enumerate(run.figures, 1):
            for one in filter(None, (figure, figure.preview)):
                path = folder / f"figure-{index}{figure_suffix(one.mime)}"
                path.write_bytes(one.data)
                written.append(path)
    return written


def _tell(run: Execution, files: list[Path]) -> None:
    if run.display_text:
        say(run.display_text)
    if run.error is not None:
        typer.echo(run.error.traceback, err=True, nl=False)
    if not run.ok:
        typer.echo(
            f"codegen-agent: {run.outcome}{f': {run.detail}' if run.detail else ''}", err=True
        )
    for name, why in run.withheld.items():
        typer.echo(f"withheld {name}: {why}", err=True)
    if run.figures and not files:
        typer.echo(f"{len(run.figures)} figure(s); --out DIR keeps them", err=True)
    if files:
        typer.echo(json.dumps([str(path) for path in files]), err=True)
