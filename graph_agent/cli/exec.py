"""``exec``: run a file in the sandbox, without a model."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from graph_agent.cli.exits import Exit, Notes, print_json, say, tell, write
from graph_agent.cli.run import say_changes, usable_folder, writing
from graph_agent.config.settings import Settings
from graph_agent.errors import RequestError
from graph_agent.files.reading import ReadOptions
from graph_agent.files.variable_files import read_variable_files
from graph_agent.from_settings import policy_from
from graph_agent.results.answer_text import named_text
from graph_agent.results.artifacts import save_execution
from graph_agent.results.output_folder import SavedFiles
from graph_agent.results.transcript import missed
from graph_agent.results.value_files import json_value
from graph_agent.runs.approver import read_code
from graph_agent.summaries.payloads import summary_of
from sandbox import DockerSandbox, Execution
from sandbox.terminal_text import escape_control_chars, one_line
from sandbox.variables.bundle import check_variable_name


def execute_file(
    file: Path,
    specs: list[str],
    out: Path | None,
    trust_pickle: bool,
    as_json: bool,
    reading: ReadOptions,
    settings: Settings,
    *,
    returns: list[str] | None = None,
    raw: bool = False,
    keep_formulas: bool = False,
) -> None:
    """Run a Python file once; exit 0 if it ran to its end, else 1.

    ``returns``: the variables to show and save; None: save all new or changed ones.

    Raises:
        VariableNameError: one of them has no usable name.
    """
    for name in returns or ():
        check_variable_name(name)
    code = _from_stdin() if str(file) == "-" else read_code(file, "Python")
    usable_folder(out)
    notes = Notes()
    variables = read_variable_files(
        specs, trust_pickle=trust_pickle, options=reading, note=notes.add
    )
    with DockerSandbox(policy_from(settings)) as sandbox:
        sandbox.check()
        output = _Output(raw)
        run = sandbox.run(code, variables, returns, on_output=None if as_json else output.print)
    files = SavedFiles([], {})
    if out is not None:
        with writing(out):
            files = save_execution(run, out, keep_formulas=keep_formulas)
        say_changes(files)
    if as_json:
        print_json({**execution_json(run, files), "notes": notes})
    else:
        _report(run, files, output, returns or ())
    raise typer.Exit(int(Exit.SOLVED if run.ok else Exit.NOT_SOLVED))


def _from_stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RequestError("what stdin holds is not UTF-8 text; give a Python program") from None


def execution_json(run: Execution, files: SavedFiles) -> dict[str, Any]:
    """Make the object that ``--json`` prints; ``--out`` saves figures and files."""
    return {
        "outcome": run.outcome,
        "detail": run.detail,
        "stdout": run.stdout,
        "stderr": run.stderr,
        "error": None if run.error is None else asdict(run.error),
        "variables": {
            name: {
                "type": run.payloads[name].type_name,
                "summary": summary_of(name, run.payloads[name], value),
                "value": json_value(value),
            }
            for name, value in run.variables.items()
        },
        "withheld": dict(run.withheld),
        "figures": [
            {"mime": figure.mime, "width": figure.width, "height": figure.height}
            for figure in run.figures
        ],
        "display": run.display_text,
        "changed_inputs": list(run.changed_inputs),
        "duration_s": run.duration_s,
        "files": [str(path) for path in files],
        "renamed": files.renamed,
        "left_out": files.left_out,
        "returned_files": [
            {"name": name, "size": len(content)} for name, content in run.files.items()
        ],
    }


def how_it_ended(run: Execution) -> str:
    """Say in a sentence why a program didn't run to its end."""
    name = run.error.name if run.error else "an error"
    said, more = _ENDINGS.get(run.outcome, ("the program did not end well", ""))
    detail = run.detail or (name if run.outcome == "error" else "")
    return f"{said}{f': {detail}' if detail else ''}{more}"


_ENDINGS: dict[str, tuple[str, str]] = {
    "error": ("the program raised an exception", ""),
    "timeout": ("the program was stopped", "; --timeout SECONDS gives it more time"),
    "out_of_memory": ("the program was stopped", "; --memory 4g gives it more"),
    "output_limit": ("the program was stopped", "; print or save less"),
    "crashed": ("the program crashed", ""),
    "missing_package": ("a package is missing", ""),
}
"""What is said of each outcome, before and after its detail."""


class _Output:
    """Prints what the code printed: to a terminal with control characters escaped.

    In a pipe or a file they can't do anything, and the output stays as the program wrote it.
    ``raw``: to a terminal as well.
    """

    def __init__(self, raw: bool) -> None:
        self._raw = raw

    def print(self, stream: str, text: str) -> None:
        """Print a piece of the code's output where the code sent it."""
        out = sys.stdout if stream == "stdout" else sys.stderr
        if not self._raw and out.isatty():
            text = escape_control_chars(text)
        if out is sys.stdout:
            write(text)
            return
        with contextlib.suppress(BrokenPipeError):
            out.write(text)
            out.flush()


def _report(run: Execution, files: SavedFiles, output: _Output, returns: Sequence[str]) -> None:
    if run.display_text:
        output.print("stdout", f"{run.display_text}\n")
    for name in returns:
        if name in run.variables:
            say(named_text(name, run.variables[name]))
    if run.error is not None:
        output.print("stderr", run.error.traceback)
    if not run.ok:
        tell(f"codegen-agent: {one_line(how_it_ended(run))}")
    for name, reason in missed(run.withheld, run.figures).items():
        tell(f"withheld {one_line(name)}: {one_line(reason)}")
    if run.files:
        sizes = [f"{name} ({len(content):,} bytes)" for name, content in run.files.items()]
        tell(f"{len(sizes)} file(s): {', '.join(sizes)}")
    if (run.figures or run.files) and not files:
        count = len(run.figures)
        n_figures = f"{count} figure{'' if count == 1 else 's'}; " if count else ""
        tell(f"{n_figures}use --out DIR to save them")
    if files:
        tell(json.dumps([str(path) for path in files]))
