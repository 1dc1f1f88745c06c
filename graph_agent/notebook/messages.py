"""What a cell says when it can't do what it was asked: one line and no traceback."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from graph_agent.errors import AgentError
from graph_agent.terminal_text import one_line
from sandbox.errors import SandboxError

P = ParamSpec("P")
R = TypeVar("R")


class CodegenError(Exception):
    """A cell ends here. IPython shows only the message."""

    def _render_traceback_(self) -> list[str]:
        return [one_line(str(self))]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the known name that resembles a wrong one; empty if none does."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def in_one_line(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function's expected errors end the cell with their message."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (AgentError, SandboxError) as error:
            raise CodegenError(str(error)) from None
        except MemoryError:
            raise CodegenError("the kernel ran out of memory; free some variables") from None

    return guarded
