"""What a cell says when it can't do what it was asked: one line and no traceback."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from graph_agent.errors import AgentError
from sandbox.errors import SandboxError
from sandbox.terminal_text import one_line

P = ParamSpec("P")
R = TypeVar("R")


class CodegenError(Exception):
    """A cell ends here. IPython shows only the message."""

    def _render_traceback_(self) -> list[str]:
        return [one_line(str(self))]


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
