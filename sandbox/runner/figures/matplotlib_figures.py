"""Matplotlib's figures, including those of pandas, seaborn and statsmodels."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from ..encoding.reprs import in_short
from ..shared.figures import PNG
from .animations import Animations
from .fallback_fonts import FallbackFonts
from .matplotlib_render import TooLargeError, is_empty, name_of, render_png
from .pictures import Pictures

BACKENDS = frozenset({"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"})
"""Backends that need no screen; Agg replaces any other."""
MAX_DEPTH, MAX_ITEMS = 3, 100
"""How far collections are searched for figures and axes."""


class MatplotlibFigures:
    """Takes figures that are shown, saved or displayed, and those left open at the end."""

    def __init__(self, pictures: Pictures, replace: Callable[[Any, str, Any], None]) -> None:
        self._pictures = pictures
        self._replace = replace
        self._animations = Animations(pictures, replace, self.take)
        self._fonts = FallbackFonts(replace)
        self._figure_class: Any = ()  # matches nothing until matplotlib is imported
        self._savefig: Any = None
        self._pyplot: Any = None
        self._warned: set[str] = set()

    def hooks(self) -> Mapping[str, Callable[[Any], None]]:
        """Return what to do when each module is imported."""
        return {
            "matplotlib.figure": self._hook_figures,
            "matplotlib.backend_bases": lambda module: self._take_after(
                module.FigureCanvasBase, "print_figure", "figure"
            ),
            "matplotlib.backends.backend_agg": lambda module: self._take_after(
                module.FigureCanvasAgg, "print_png", "figure"
            ),
            "matplotlib.pyplot": self._hook_pyplot,
            **self._animations.hooks(),
            **self._fonts.hooks(),
        }

    def display(self, value: Any) -> bool:
        """Take a figure or an animation; return False for anything else."""
        figure = self._animations.figure_of(value) or value
        if not issubclass(type(figure), self._figure_class):
            return False
        self.take(figure)
        return True

    def take_open(self, close: bool = True) -> None:
        """Take pyplot's open figures, and ``close`` them as a notebook does."""
        if self._pyplot is None or not self._pictures.active:
            return
        with self._pictures.lock:
            # Not through pyplot.figure(), which would change the current figure.
            managers = sorted(self._pyplot._pylab_helpers.Gcf.figs.items())
            for _, manager in managers:
                self.take(manager.canvas.figure)
                if close:
                    self._pyplot.close(manager.canvas.figure)

    def take_unseen(self, value: Any) -> None:
        """Take figures that a variable holds and that were closed without being shown.

        A function that returns its axes often closes their figure first.
        """
        for figure in _figures_in(value):
            if not self._pictures.has(figure):
                self.take(figure)

    def take(self, figure: Any) -> None:
        """Take a figure as it is now, an animated one at its last frame."""
        pictures = self._pictures
        if not pictures.active or is_empty(figure):
            return
        with pictures.lock, pictures.suspended():
            if pictures.full(figure):
                return
            self._animations.finish(figure)
            try:
                data, dpi = self._render(figure)
            except TooLargeError as error:
                pictures.note(f"{name_of(figure)} was not rendered: {error}")
            except BaseException as error:
                pictures.note(f"{name_of(figure)} could not be rendered: {in_short(error)}")
            else:
                if dpi < figure.dpi:
                    pictures.note(f"{name_of(figure)} was rendered at {dpi:.0f} dpi to fit")
                # A figure that pyplot doesn't know may be one of many of the same plot.
                known = getattr(figure.canvas, "manager", None) is not None
                pictures.add(data, PNG, figure if known else None)

    def _render(self, figure: Any) -> tuple[bytes, float]:
        """Render a figure; print each of its warnings, such as a missing glyph, once per run."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rendered = render_png(figure, self._savefig)
        for warning in caught:
            text = f"{warning.category.__name__}: {warning.message}"
            if text not in self._warned:
                self._warned.add(text)
                print(text, file=sys.stderr)
        return rendered

    def _hook_figures(self, module: Any) -> None:
        figure_class = self._figure_class = module.Figure
        self._savefig = figure_class.savefig
        self._take_after(figure_class, "savefig")
        self._replace(figure_class, "show", lambda figure, warn=True: self.take(figure))

    def _hook_pyplot(self, module: Any) -> None:
        self._pyplot = module
        pause, switch_backend = module.pause, module.switch_backend

        @functools.wraps(module.show)
        def show(*_: object, block: bool | None = None, **__: object) -> None:
            self.take_open(close=block is not False)

        @functools.wraps(pause)
        def pause_without_taking(interval: float) -> None:
            with self._pictures.suspended():  # it shows the figure, to draw on it later
                pause(interval)

        @functools.wraps(switch_backend)
        def switch(newbackend: Any) -> None:
            known = isinstance(newbackend, str) and newbackend.lower() in BACKENDS
            switch_backend(newbackend if known else "agg")

        self._replace(module, "show", show)
        self._replace(module, "pause", pause_without_taking)
        self._replace(module, "switch_backend", switch)

    def _take_after(self, owner: Any, method: str, attribute: str = "") -> None:
        """Wrap a method that saves; only the outermost one takes the figure."""
        save = getattr(owner, method)

        @functools.wraps(save)
        def save_and_take(owner: Any, *args: Any, **kwargs: Any) -> Any:
            with self._pictures.suspended():
                result = save(owner, *args, **kwargs)
            self.take(getattr(owner, attribute) if attribute else owner)
            return result

        self._replace(owner, method, save_and_take)


def _figures_in(value: Any, depth: int = MAX_DEPTH) -> Iterator[Any]:
    """Find the figures of figures, axes, grids, and of collections of them."""
    from matplotlib.artist import Artist

    kind, grids = type(value), sys.modules.get("seaborn.axisgrid")
    if issubclass(kind, Artist):
        figure: Any = value.get_figure()
        while figure is not None and figure.get_figure() not in (figure, None):
            figure = figure.get_figure()  # a subfigure's
        if figure is not None:
            yield figure
    elif grids is not None and issubclass(kind, grids.Grid):
        yield value.figure
    elif depth and (items := _items(value)) is not None:
        for item in islice(items, MAX_ITEMS):
            yield from _figures_in(item, depth - 1)


def _items(value: Any) -> Any:
    if type(value) is dict:
        return value.values()
    if type(value).__name__ == "ndarray" and value.dtype == object:
        return value.flat
    return value if type(value) in (list, tuple) else None
