"""Exit codes, and how errors and signals map to them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from enum import IntEnum
from types import FrameType

import typer

from graph_agent import errors
from sandbox import errors as sandbox_errors
from sandbox.terminal_text import escape_control_chars, one_line


class ResumeHint(str):
    """A note on an error that tells the user how to continue; libraries add other notes."""

    __slots__ = ()


class Notes(list[str]):
    """Lines about the input: printed on stderr at once, and kept for ``--json``."""

    def add(self, line: str) -> None:
        """Print a line and keep it."""
        self.append(line)
        tell(one_line(line))


class Exit(IntEnum):
    """The command's exit codes."""

    SOLVED = 0
    NOT_SOLVED = 1
    BAD_INPUT = 2
    ENVIRONMENT = 3
    INTERRUPTED = 130


_CODES: tuple[tuple[type[Exception], Exit], ...] = (
    (errors.ModelUnknownError, Exit.BAD_INPUT),
    (errors.ModelAnswerError, Exit.NOT_SOLVED),
    (errors.ModelError, Exit.ENVIRONMENT),
    (errors.ThreadError, Exit.BAD_INPUT),
    (errors.CheckpointError, Exit.ENVIRONMENT),
    (errors.OutputError, Exit.ENVIRONMENT),
    (errors.ClusterError, Exit.ENVIRONMENT),
    (errors.AgentError, Exit.BAD_INPUT),
    (sandbox_errors.SandboxUnavailableError, Exit.ENVIRONMENT),
    (sandbox_errors.VariableStoreError, Exit.ENVIRONMENT),
    (sandbox_errors.PayloadError, Exit.ENVIRONMENT),
    (sandbox_errors.SandboxError, Exit.BAD_INPUT),
)
"""The first match counts. Any other error is a bug of ours and keeps its traceback."""


def exit_code(error: Exception) -> Exit | None:
    """Look up the exit code of an error; None if it is not one of ours."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), None)


@contextlib.contextmanager
def exits(as_json: bool) -> Iterator[None]:
    """Turn our errors into a one-line message, their notes and the right exit code."""
    try:
        yield
    except (errors.AgentError, sandbox_errors.SandboxError) as error:
        code = exit_code(error)
        assert code is not None  # noqa: S101  # both roots are in the table
        fail(str(error), code, as_json, type(error).__name__, _notes(error))
    except MemoryError as error:
        why = "this process ran out of memory; free some, or return smaller values"
        fail(why, Exit.ENVIRONMENT, as_json, "MemoryError", _notes(error))
    except KeyboardInterrupt as error:
        try:
            fail("interrupted", Exit.INTERRUPTED, as_json, "KeyboardInterrupt", _notes(error))
        except typer.Exit:
            # Not an exit code: a run that waits for a person has the same one.
            raise typer.Abort from None
    except typer.Exit:
        raise
    except Exception as error:
        # A bug of ours: the traceback goes to stderr, and stdout still gets one JSON object.
        if as_json:
            kind = type(error).__name__
            print_json(error_object(str(error), Exit.NOT_SOLVED, kind, _notes(error)))
        raise


def fail(message: str, code: Exit, as_json: bool, kind: str, notes: Sequence[str] = ()) -> None:
    """Report an error, as JSON too if asked, and exit."""
    if as_json:
        print_json(error_object(message, code, kind, notes))
    tell("\n".join([f"codegen-agent: {one_line(message)}", *map(one_line, notes)]))
    raise typer.Exit(int(code))


def error_object(message: str, code: Exit, kind: str, notes: Sequence[str]) -> dict[str, object]:
    """Make the object that ``--json`` prints for an error; ``notes`` say how to continue."""
    return {
        "success": False,
        "error": {"type": kind, "message": message, "notes": list(notes)},
        "exit_code": int(code),
    }


def print_json(value: object) -> None:
    """Print the one object of ``--json`` on stdout, in ASCII so that every locale can read it."""
    write(json.dumps(value, default=str) + "\n")


def say(text: str, end: str = "\n") -> None:
    """Print on stdout, with control and hidden characters escaped."""
    write(escape_control_chars(text) + end)


def tell(text: str) -> None:
    """Print on stderr, with control and hidden characters escaped."""
    typer.echo(escape_control_chars(text), err=True)


def write(text: str) -> None:
    """Write on stdout as it is; a closed pipe, as with ``head``, is ignored."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try to flush the buffered rest again at exit.
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)


def _notes(error: BaseException) -> list[str]:
    return [note for note in getattr(error, "__notes__", ()) if isinstance(note, ResumeHint)]


@contextlib.contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C. Works in the main thread only."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
