"""Watches the libraries that draw, from the first line of the code to its end."""

from __future__ import annotations

import builtins
import contextlib
import functools
import math
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Self

from ..exceptions import in_short
from .display import Display, NotebookFinder, picture_of
from .import_hooks import ImportHooks
from .pictures import Pictures, Send

# What watches a library is imported when the library is: most code draws with one, or none.
MATPLOTLIB = (".matplotlib_figures", "MatplotlibFigures")
PLOTLY = (".plotly_figures", "PlotlyFigures")
PILLOW = (".pillow_images", "PillowImages")
WATCHED = {
    "matplotlib.figure": MATPLOTLIB,
    "matplotlib.backend_bases": MATPLOTLIB,
    "matplotlib.backends.backend_agg": MATPLOTLIB,
    "matplotlib.pyplot": MATPLOTLIB,
    "matplotlib.animation": MATPLOTLIB,
    "plotly.basedatatypes": PLOTLY,
    "plotly.io": PLOTLY,
    "plotly.io._kaleido": PLOTLY,
    "PIL.Image": PILLOW,
    "PIL.ImageShow": PILLOW,
}


def prepare() -> None:
    """Import what watches the libraries that are loaded, ahead of the job."""
    for name, (watching, _) in WATCHED.items():
        if name in sys.modules:
            import_module(watching, __package__)


class FigureCapture:
    """Takes pictures while the code runs; ``notes`` says which could not be taken.

    ``send`` gets each picture's header and bytes when it is made; ``end_s``, on the
    monotonic clock, is when the run has to be over.
    """

    def __init__(
        self, max_figures: int, max_bytes: int, send: Send, end_s: float = math.inf
    ) -> None:
        self._pictures = Pictures(max_figures, max_bytes, send)
        self._end_s = end_s
        self._undo: list[Callable[[], None]] = []
        self._libraries: dict[tuple[str, str], Any] = {}
        self._imports = ImportHooks(dict.fromkeys(WATCHED, self._hook))
        self._display = Display(self.display)
        self._notebook = NotebookFinder(self._display)

    @property
    def notes(self) -> list[str]:
        """What could not be taken, and why."""
        return self._pictures.notes

    @property
    def total_bytes(self) -> int:
        """What the pictures take together."""
        return self._pictures.total_bytes

    def __enter__(self) -> Self:
        self._imports.install()
        sys.meta_path.append(self._notebook)
        self._replace(builtins, "display", self._display)
        return self

    def __exit__(self, *_: object) -> None:
        self._imports.remove()
        sys.meta_path[:] = [one for one in sys.meta_path if one is not self._notebook]
        self._pictures.close()
        for undo in reversed(self._undo):
            with contextlib.suppress(Exception):  # the code has undone it
                undo()

    def display(self, value: object) -> bool:
        """Take a value if it is a picture, as a notebook shows it; False if it is none."""
        with self._pictures.lock:
            taken = any(library.display(value) for library in list(self._libraries.values()))
            return taken or picture_of(value, self._pictures)

    def finish(self, displayed: object, bound: Iterable[object]) -> None:
        """Take what the code leaves: open figures, its final expression, its variables.

        Of ``bound``, its variables, those are pictures that were made to be
        shown and never were.
        """
        steps: list[Callable[[], object]] = [functools.partial(self.display, displayed)]
        if MATPLOTLIB in self._libraries:
            steps.insert(0, self._libraries[MATPLOTLIB].take_open)
        if PLOTLY in self._libraries:
            take = self._libraries[PLOTLY].take_unseen
            steps += [functools.partial(take, value) for value in bound]
            steps.append(functools.partial(self._libraries[PLOTLY].draw_previews, self._end_s))
        for step in steps:
            try:
                step()
            except BaseException as error:  # the code may have changed anything of its libraries
                self._pictures.note(f"a figure was lost: {in_short(error)}")

    def _hook(self, module: Any) -> None:
        name = module.__name__
        key = WATCHED[name]
        try:
            if key not in self._libraries:
                watch = getattr(import_module(key[0], __package__), key[1])
                self._libraries[key] = watch(self._pictures, self._replace)
            self._libraries[key].hooks()[name](module)
        except BaseException as error:  # another version, or the code's own module of that name
            self._pictures.note(f"figures of {name} were not watched: {in_short(error)}")

    def _replace(self, owner: Any, name: str, value: Any) -> None:
        missing = object()
        before = vars(owner).get(name, missing)
        setattr(owner, name, value)
        if before is missing:
            self._undo.append(functools.partial(delattr, owner, name))
        else:
            self._undo.append(functools.partial(setattr, owner, name, before))
