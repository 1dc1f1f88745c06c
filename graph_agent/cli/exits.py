"""Exit codes, and which error means which."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from enum import IntEnum

import typer

from graph_agent import errors
from graph_agent.visible import visible
from sandbox import errors as sandbox_errors

GO_ON = "to go on with this run: "
"""How a note begins that is for the user; libraries add others to their errors."""


class Exit(IntEnum):
    """What the command's exit code says."""

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
    (errors.AgentError, Exit.BAD_INPUT),
    (sandbox_errors.SandboxUnavailableError, Exit.ENVIRONMENT),
    (sandbox_errors.VariableStoreError, Exit.ENVIRONMENT),
    (sandbox_errors.PayloadError, Exit.ENVIRONMENT),
    (sandbox_errors.SandboxError, Exit.BAD_INPUT),
)
"""The first that fits; anything else is a fault of ours and keeps its traceback."""


def exit_code(error: Exception) -> Exit | None:
    """Look up the exit code of one of our errors; None if it is none of ours."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), None)


@contextlib.contextmanager
def exits(as_json: bool) -> Iterator[None]:
    """Turn our errors into one message and the right exit code; their notes follow it."""
    try:
        yield
    except (errors.AgentError, sandbox_errors.SandboxError) as error:
        code = exit_code(error)
        assert code is not None  # noqa: S101  # both roots are in the table
        fail(str(error), code, as_json, type(error).__name__, _notes(error))
    except KeyboardInterrupt as error:
        try:
            fail("interrupted", Exit.INTERRUPTED, as_json, "KeyboardInterrupt", _notes(error))
        except typer.Exit:
            # Not a code: a run that waits for a person has the same, and nothing under way.
            raise typer.Abort from None
    except typer.Exit:
        raise
    except Exception as error:
        # A fault of ours keeps its traceback, on stderr; stdout keeps its promise.
        if as_json:
            kind = type(error).__name__
            print_json(error_object(str(error), Exit.NOT_SOLVED, kind, _notes(error)))
        raise


def fail(message: str, code: Exit, as_json: bool, kind: str, notes: Sequence[str] = ()) -> None:
    """Say what is wrong, in the asked form, and leave."""
    if as_json:
        print_json(error_object(message, code, kind, notes))
    line = " ".join(visible(message).split())
    typer.echo("\n".join([f"codegen-agent: {line}", *notes]), err=True)
    raise typer.Exit(int(code))


def error_object(message: str, code: Exit, kind: str, notes: Sequence[str]) -> dict[str, object]:
    """Make the object ``--json`` prints for an error; ``notes`` say how to go on."""
    return {
        "success": False,
        "error": {"type": kind, "message": message, "notes": list(notes)},
        "exit_code": int(code),
    }


def print_json(value: object) -> None:
    """Print the one object that ``--json`` promises on stdout; in ASCII, which all read alike."""
    say(json.dumps(value, default=str))


def say(text: str, end: str = "\n") -> None:
    """Print on stdout; a reader who has gone away, such as ``head``, changes nothing else."""
    try:
        sys.stdout.write(text + end)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered would be tried again at exit.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _notes(error: BaseException) -> list[str]:
    return [one for one in getattr(error, "__notes__", ()) if one.startswith(GO_ON)]
