"""One area of a notebook that shows a run and is updated in place, through a display id.

Only plain MIME types, so that every front end shows it: JupyterLab, Notebook, VS Code, Colab.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from graph_agent.progress.page import ended_html, live_html, status_text
from graph_agent.progress.picture import Picture
from graph_agent.runs.events import CodeToken, Event, Printed

MIN_PAUSE_S = 0.2
BYTES_PER_S = 500_000
"""A page with large pictures is sent less often."""


class NotebookArea:
    """Shows a run's events as they arrive.

    When the run ends, what stays is one line with its attempts folded away, or what
    :meth:`end_with` was given; nothing, if it could not be started.
    """

    def __init__(self) -> None:
        self.picture = Picture()
        self._handle: Any = None
        self._next_s = 0.0
        self._has_ended = False

    def __enter__(self) -> Self:
        from IPython.display import DisplayHandle  # type: ignore[import-not-found,unused-ignore]

        self._handle = DisplayHandle()  # type: ignore[no-untyped-call,unused-ignore]
        self._handle.display(self._bundle(live_html(self.picture)), raw=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._has_ended:
            if kind is not None and self.picture.thread_id is None:
                self._handle.update({"text/plain": ""}, raw=True)  # nothing was started
                return
            if kind is not None:
                self.picture.step = "stopped"
            self._send(ended_html(self.picture))

    def show(self, event: Event) -> None:
        """Show one event; pieces of text are shown together, a few times a second."""
        self.picture.add(event)
        if not isinstance(event, (CodeToken, Printed)):
            self._next_s = 0.0
        self.tick()

    def tick(self) -> None:
        """Show how much time has passed, if it is time to."""
        if time.monotonic() >= self._next_s:
            self._send(live_html(self.picture))

    def say(self, text: str) -> None:
        """Show a line below the current step."""
        self.picture.note = text
        if self._handle is not None:
            self._send(live_html(self.picture))

    def end_with(self, bundle: dict[str, str]) -> None:
        """Show something else from now on: representations by MIME type."""
        self._has_ended = True
        self._handle.update(bundle, raw=True)

    def _send(self, page: str) -> None:
        self._handle.update(self._bundle(page), raw=True)
        self._next_s = time.monotonic() + max(MIN_PAUSE_S, len(page) / BYTES_PER_S)

    def _bundle(self, page: str) -> dict[str, str]:
        return {"text/plain": status_text(self.picture), "text/html": page}
