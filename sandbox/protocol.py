"""What the rest of the project calls on a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from sandbox.records import Execution
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.store import VariableStore

OutputListener = Callable[[str, str], None]
"""Called with ``"stdout"`` or ``"stderr"`` and the text as it arrives."""


class Sandbox(Protocol):
    """Runs code isolated from this process."""

    def check(self) -> None:
        """Make sure that runs are possible at all.

        Raises:
            SandboxUnavailableError: they aren't; the message says what to do.
        """

    def prepare(self, *, thread: str = "") -> None:
        """Start what a thread's next run needs, in the background; never raises."""

    def run(
        self,
        code: str,
        variables: Mapping[str, Any] | VariableBundle | None = None,
        returns: Sequence[str] | None = None,
        *,
        checks: str | None = None,
        on_output: OutputListener | None = None,
        store: VariableStore | None = None,
        thread: str = "",
        task: str = "",
    ) -> Execution:
        """Run ``code`` once with ``variables``, values or references into ``store``, as globals.

        ``thread`` and ``task`` are what the run is for. What still runs for the task is ended.

        Raises:
            SandboxUnavailableError: the environment can't run anything.
            VariableError: a variable can't be sent.
        """

    def stop(self, task: str) -> None:
        """End what runs for a task, in any process; never raises."""

    def packages(self) -> Mapping[str, str]:
        """Name and version of the libraries the code can import."""

    def python_version(self) -> str:
        """The minor version of Python the code runs on, such as ``3.11``."""
