"""The entry point: standard streams, usage errors and the exit code."""

from __future__ import annotations

import atexit
import io
import logging
import os
import sys
from typing import NoReturn

from graph_agent.cli.exits import Exit, fail


def command() -> NoReturn:
    """Do the same as :func:`main` as a whole process, which ends as soon as its work is done.

    Python would take each loaded library apart first: a second or two after the answer. What is
    registered for the exit still happens, except by what was there before this function.
    """
    codes: list[int] = []
    if "coverage" not in sys.modules:
        atexit.register(lambda: _exit_at_once(codes[0]) if codes else None)
    try:
        main()
    except SystemExit as exit_:
        codes.append(exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None))
        raise
    raise SystemExit(0)


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


_PLAIN_WORDS = {
    ": Value error, ": ": ",
    ": Input should be a valid integer, unable to parse string as an integer": (
        ": it is no whole number"
    ),
    ": Input should be a valid number, unable to parse string as a number": ": it is no number",
    ": Input should be ": ": it must be ",
}
"""What the checks of types say → the words of someone who doesn't know them."""


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
        for written, plain in _PLAIN_WORDS.items():
            what = what.replace(written, plain)
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
