"""Watches the plotting libraries from the first line of the code to its end."""

from __future__ import annotations

import builtins
import contextlib
import functools
import math
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Self

from ..encoding.reprs import in_short
from .display import Display, NotebookFinder, picture_of
from .import_hooks import ImportHooks
from .pictures import Pictures, Send

# Each watcher is imported when its library is: most code uses one of them, or none.
MATPLOTLIB = (".matplotlib_figures", "MatplotlibFigures")
PLOTLY = (".plotly_figures", "PlotlyFigures")
PILLOW = (".pillow_images", "PillowImages")
WATCHED = {
    "matplotlib.figure": MATPLOTLIB,
    "matplotlib.backend_bases": MATPLOTLIB,
    "matplotlib.backends.backend_agg": MATPLOTLIB,
    "matplotlib.pyplot": MATPLOTLIB,
    "matplotlib.animation": MATPLOTLIB,
    "matplotlib.font_manager": MATPLOTLIB,
    "matplotlib._mathtext": MATPLOTLIB,
    "plotly.basedatatypes": PLOTLY,
    "plotly.io": PLOTLY,
    "plotly.io._kaleido": PLOTLY,
    "PIL.Image": PILLOW,
    "PIL.ImageShow": PILLOW,
}


def prepare() -> None:
    """Import the watchers of libraries that are already loaded, ahead of the job."""
    for name, (watching, _) in WATCHED.items():
        if name in sys.modules:
            import_module(watching, __package__)


class FigureCapture:
    """Takes ``pictures`` while the code runs.

    ``send`` gets each picture's header and bytes when it is made. ``end_s`` is the end of
    the run, on the monotonic clock.
    """

    def __init__(
        self, max_figures: int, max_bytes: int, send: Send, end_s: float = math.inf
    ) -> None:
        self.pictures = Pictures(max_figures, max_bytes, send)
        self._end_s = end_s
        self._undo: list[Callable[[], None]] = []
        self._libraries: dict[tuple[str, str], Any] = {}
        self._imports = ImportHooks(dict.fromkeys(WATCHED, self._hook))
        self._display = Display(self.display)
        self._notebook = NotebookFinder(self._display)

    def __enter__(self) -> Self:
        self._imports.install()
        sys.meta_path.append(self._notebook)
        self._replace(builtins, "display", self._display)
        return self

    def __exit__(self, *_: object) -> None:
        self._imports.remove()
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self._notebook]
        self.pictures.close()
        for undo in reversed(self._undo):
            with contextlib.suppress(Exception):  # the code has undone it already
                undo()

    def display(self, value: object) -> bool:
        """Take a value that a notebook shows as a picture; return False for any other."""
        with self.pictures.lock:
            taken = any(library.display(value) for library in list(self._libraries.values()))
            return taken or picture_of(value, self.pictures)

    def finish(self, displayed: object, bound: Iterable[object], *, close: bool = True) -> None:
        """Take what the code leaves: open figures, its final expression, its variables.

        ``close``: the open figures, as a notebook does.
        Of ``bound``, its variables, only figures that were never shown.
        """
        steps: list[Callable[[], object]] = [functools.partial(self.display, displayed)]
        if MATPLOTLIB in self._libraries:
            take_open = self._libraries[MATPLOTLIB].take_open
            steps.insert(0, functools.partial(take_open, close))
        for key in self._libraries.keys() & {MATPLOTLIB, PLOTLY}:
            take = self._libraries[key].take_unseen
            steps += [functools.partial(take, value) for value in bound]
        if PLOTLY in self._libraries:
            previews = self._libraries[PLOTLY].previews
            steps.append(functools.partial(previews.draw, self._end_s))
        for step in steps:
            try:
                step()
            except BaseException as error:  # the code may have changed its libraries
                self.pictures.note(f"a figure was lost: {in_short(error)}")

    def close_open(self) -> None:
        """Close pyplot's open figures, so that the next run of a session doesn't show them."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        with contextlib.suppress(BaseException):  # the code may have changed it
            if pyplot is not None:
                pyplot.close("all")

    def _hook(self, module: Any) -> None:
        name = module.__name__
        key = WATCHED[name]
        try:
            if key not in self._libraries:
                watch = getattr(import_module(key[0], __package__), key[1])
                self._libraries[key] = watch(self.pictures, self._replace)
            self._libraries[key].hooks()[name](module)
        except BaseException as error:  # another version, or the code's module of that name
            self.pictures.note(f"figures of {name} were not watched: {in_short(error)}")

    def _replace(self, owner: Any, name: str, value: Any) -> None:
        missing = object()
        before = vars(owner).get(name, missing)
        setattr(owner, name, value)
        if before is missing:
            self._undo.append(functools.partial(delattr, owner, name))
        else:
            self._undo.append(functools.partial(setattr, owner, name, before))
