"""Shows how long a step takes, once it has taken a second."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.status import Status
from rich.text import Text

from sandbox.terminal_text import one_line

SHOWN_FROM_S = 1.0


class Elapsed:
    """A line for rich that says what is done now, and since when."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._since_s = time.monotonic()

    @property
    def taken_s(self) -> float:
        """The seconds since then."""
        return time.monotonic() - self._since_s

    def renamed(self, text: str) -> Elapsed:
        """Return a line with another text and the same beginning."""
        line = Elapsed(text)
        line._since_s = self._since_s
        return line

    def __rich__(self) -> Text:
        """Return the line, in one piece and without markup."""
        taken_s = self.taken_s
        since = f" ({taken_s:.0f} s)" if taken_s >= SHOWN_FROM_S else ""
        return Text(one_line(self._text) + since, no_wrap=True, overflow="ellipsis")


def seconds(taken_s: float, line: str) -> Text:
    """Return a finished step's line, its seconds first."""
    return Text.assemble((f"{taken_s:6.1f} s", "dim"), "  ", one_line(line))


@contextlib.contextmanager
def lasting(console: Console, step: str) -> Iterator[None]:
    """Show a step while it lasts, in a terminal; name it afterwards if it took a second."""
    line = Elapsed(step)
    with Status(line, console=console) if console.is_terminal else contextlib.nullcontext():
        yield
    if line.taken_s >= SHOWN_FROM_S:
        console.print(seconds(line.taken_s, step), soft_wrap=True)
