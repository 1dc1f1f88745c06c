"""A sandbox that runs all code in one real container, for tests of what is around the sandbox."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import DockerSandbox, Execution, Session, VariableStore
from sandbox.protocol import OutputListener
from sandbox.variables.bundle import VariableBundle

BEFORE = "import matplotlib.pyplot\nmatplotlib._before = matplotlib.rcParams.copy()"
FORGET = """
import matplotlib.pyplot
matplotlib.pyplot.close("all")
dict.update(matplotlib.rcParams, matplotlib._before)
for _name in [name for name in globals() if not name.startswith("__")]:
    del globals()[_name]
"""


class OneContainer(contextlib.ExitStack):
    """Runs code in one session and forgets each run's names and figures before the next.

    Starting a container and importing the libraries takes many times as long as a small run.
    What code does to Python itself stays. A run that ends the session is followed by another one.
    """

    def __init__(self, sandbox: DockerSandbox, store: VariableStore) -> None:
        """Start nothing yet; ``store``: a copy of the values that runs refer to."""
        super().__init__()
        self._sandbox = sandbox
        self._store = store
        self._session: Session | None = None

    def check(self) -> None:
        """Make sure that runs are possible."""
        self._sandbox.check()

    def prepare(self, *, thread: str = "") -> None:
        """Do nothing: there is a container, or the next run starts one."""

    def stop(self, task: str) -> None:
        """Do nothing."""

    def packages(self) -> Mapping[str, str]:
        """Name the libraries."""
        return self._sandbox.packages()

    def python_version(self) -> str:
        """Name Python's version."""
        return self._sandbox.python_version()

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
        """Run code as in a container of its own."""
        if isinstance(variables, VariableBundle) and store is not None:
            for digest in variables.digests():
                self._store.put(store.get(digest))
        session = self._open()
        assert session.run(FORGET).ok
        return session.run(code, variables, returns, checks=checks, on_output=on_output)

    def _open(self) -> Session:
        if self._session is None or self._session.ended:
            self._session = self.enter_context(self._sandbox.session(store=self._store))
            assert self._session.run(BEFORE).ok
        return self._session
