"""From the shell and back: streams, usage errors and the exit code."""

from __future__ import annotations

import io
import logging
import os
import sys
from typing import NoReturn

from graph_agent.cli.exits import Exit, fail


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character shows its escape, and the run goes on.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _code()
    except KeyboardInterrupt:
        _leave_at_once(int(Exit.INTERRUPTED))
    sys.exit(code)


def _code() -> int:
    """Run the command; arguments it cannot take are told in one line, as all bad input is."""
    import typer

    from graph_agent.cli.app import app

    try:
        returned = app(prog_name="codegen-agent", standalone_mode=False, windows_expand_args=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:
        # Typer's usage errors: of its own copy of click, or of click's, by its version.
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.format_message(), err=True)
            return int(Exit.BAD_INPUT)
        what = " ".join(error.format_message().split()).rstrip(".")
        command = getattr(getattr(error, "ctx", None), "command_path", "codegen-agent")
        message = f"{what}; `{command} --help` lists what it takes"
        try:
            fail(message, Exit.BAD_INPUT, "--json" in sys.argv[1:], "UsageError")
        except typer.Exit as left:
            return left.exit_code
    return returned if isinstance(returned, int) else 0


def _leave_at_once(code: int) -> NoReturn:
    """End without waiting for threads: one of them may be in a model's call for minutes.

    That is safe at any moment: checkpoints are on disk, and a container ends with
    the process that started it.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)
