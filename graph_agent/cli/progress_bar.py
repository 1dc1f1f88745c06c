"""A progress bar for many runs, which says how to continue when it is cut off."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_agent.cli.exits import ResumeHint
from sandbox.terminal_text import escape_control_chars, one_line

__all__ = ["Bar", "shown"]


@dataclass
class Bar:
    """A progress bar on stderr; it also knows the folder of the results."""

    bar: Any
    task: Any
    folder: Path | None = None

    def update(self, folder: Path, done: int, total: int, good: int) -> None:
        """Show how many are done, and how many of these are good."""
        self.folder = folder
        self.bar.start()
        self.bar.update(self.task, completed=done, total=total, good=good)

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self.bar.console.print(
            escape_control_chars(one_line(text)), markup=False, highlight=False, soft_wrap=True
        )


@contextmanager
def shown(good: str, *, quiet: bool) -> Iterator[Bar]:
    """Show progress; if the work is cut off, say how to continue it.

    ``good``: what is counted beside what is done, such as "right".
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{{task.fields[good]}} {good}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=Console(stderr=True, quiet=quiet))
    bar = Bar(progress, progress.add_task("", total=None, good=0))
    try:
        yield bar
    except BaseException as error:
        if bar.folder is not None:
            error.add_note(ResumeHint(how_to_continue(bar.folder)))
        raise
    finally:
        progress.stop()


def how_to_continue(folder: Path) -> str:
    """Say how to continue what has its results in a folder."""
    return f"to continue: the same command with --resume --out {shlex.quote(str(folder))}"
