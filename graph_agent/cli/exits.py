"""Exit codes, and which error means which."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from enum import IntEnum

import typer

from graph_agent import errors
from sandbox import errors as sandbox_errors


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
    """Turn our errors into one message and the right exit code."""
    try:
        yield
    except (errors.AgentError, sandbox_errors.SandboxError) as error:
        code = exit_code(error)
        assert code is not None  # noqa: S101  # both roots are in the table
        fail(str(error), code, as_json, type(error).__name__)
    except KeyboardInterrupt:
        fail("interrupted", Exit.INTERRUPTED, as_json, "KeyboardInterrupt")


def fail(message: str, code: Exit, as_json: bool, kind: str) -> None:
    """Say what is wrong, in the asked form, and leave."""
    if as_json:
        print_json(
            {"success": False, "error": {"type": kind, "message": message}, "exit_code": int(code)}
        )
    typer.echo(f"codegen-agent: {message}", err=True)
    raise typer.Exit(int(code))


def print_json(value: object) -> None:
    """Print the one object that ``--json`` promises on stdout."""
    json.dump(value, sys.stdout, ensure_ascii=False, default=str)
    sys.stdout.write("\n")
    sys.stdout.flush()
