"""The entry point: standard streams, usage errors and the exit code."""

from __future__ import annotations

import io
import logging
import os
import sys
from typing import NoReturn

from graph_agent.cli.exits import Exit, fail


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that can't show a character shows its escape instead.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _code()
    except KeyboardInterrupt:
        _exit_at_once(int(Exit.INTERRUPTED))
    sys.exit(code)


def _code() -> int:
    """Run the command and return its exit code; bad arguments are reported in one line."""
    import typer

    from graph_agent.cli.app import app

    try:
        returned = app(prog_name="codegen-agent", standalone_mode=False, windows_expand_args=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:
        # A usage error, from click or from the copy inside Typer, depending on its version.
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
        except typer.Exit as exit_:
            return exit_.exit_code
    return returned if isinstance(returned, int) else 0


def _exit_at_once(code: int) -> NoReturn:
    """Exit without waiting for threads: one may be in a model call for minutes.

    This is always safe: checkpoints are on disk, and a container ends with the process that
    started it.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)
