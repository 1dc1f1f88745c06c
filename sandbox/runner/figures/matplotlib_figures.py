"""Matplotlib's figures, and those of all that draw with it: pandas, seaborn, statsmodels."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from ..exceptions import in_short
from .animations import Animations
from .matplotlib_render import TooLargeError, is_empty, name_of, render_png
from .pictures import PNG, Pictures

BACKENDS = frozenset({"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"})
"""Those that need no screen; the others become Agg here."""


class MatplotlibFigures:
    """Takes figures when they are shown, saved or displayed, and those left open at the end."""

    def __init__(self, pictures: Pictures, replace: Callable[[Any, str, Any], None]) -> None:
        self._pictures = pictures
        self._replace = replace
        self._animations = Animations(pictures, replace, self.take)
        self._figure_class: Any = ()  # of nothing, until matplotlib is imported
        self._savefig: Any = None
        self._pyplot: Any = None
        self._warned: set[str] = set()

    def hooks(self) -> Mapping[str, Callable[[Any], None]]:
        """Tell what to do with which module."""
        return {
            "matplotlib.figure": self._hook_figures,
            "matplotlib.backend_bases": self._hook_canvas,
            "matplotlib.backends.backend_agg": self._hook_agg,
            "matplotlib.pyplot": self._hook_pyplot,
            **self._animations.hooks(),
        }

    def display(self, value: Any) -> bool:
        """Take a figure, or an animation's; False if it is neither."""
        figure = self._animations.figure_of(value) or value
        if not issubclass(type(figure), self._figure_class):
            return False
        self.take(figure)
        return True

    def take_open(self, close: bool = True) -> None:
        """Take the figures pyplot has open; ``close`` them, as a notebook does."""
        if self._pyplot is None or not self._pictures.active:
            return
        with self._pictures.lock:
            # Not through pyplot.figure(), which would change the current figure.
            managers = sorted(self._pyplot._pylab_helpers.Gcf.figs.items())
            for _, manager in managers:
                self.take(manager.canvas.figure)
                if close:
                    self._pyplot.close(manager.canvas.figure)

    def take(self, figure: Any) -> None:
        """Take a figure as it is now, an animated one as it ends."""
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
                # One that pyplot does not know may be one of many made of the same plot.
                known = getattr(figure.canvas, "manager", None) is not None
                pictures.add(data, PNG, figure if known else None)

    def _render(self, figure: Any) -> tuple[bytes, float]:
        """Render a figure; say once a run what it warns of, such as a missing glyph."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rendered = render_png(figure, self._savefig)
        for text in dict.fromkeys(f"{one.category.__name__}: {one.message}" for one in caught):
            if text not in self._warned:
                self._warned.add(text)
                print(text, file=sys.stderr)
        return rendered

    def _hook_figures(self, module: Any) -> None:
        figure_class = self._figure_class = module.Figure
        self._savefig = figure_class.savefig
        self._replace(figure_class, "savefig", self._taking(figure_class.savefig))
        self._replace(figure_class, "show", lambda figure, warn=True: self.take(figure))

    def _hook_canvas(self, module: Any) -> None:
        canvas = module.FigureCanvasBase
        self._replace(canvas, "print_figure", self._taking(canvas.print_figure, "figure"))

    def _hook_agg(self, module: Any) -> None:
        canvas = module.FigureCanvasAgg
        self._replace(canvas, "print_png", self._taking(canvas.print_png, "figure"))

    def _hook_pyplot(self, module: Any) -> None:
        self._pyplot = module
        pause, switch_backend = module.pause, module.switch_backend

        @functools.wraps(module.show)
        def show(*_: object, block: bool | None = None, **__: object) -> None:
            self.take_open(close=block is not False)

        @functools.wraps(pause)
        def pause_without_taking(interval: float) -> None:
            with self._pictures.suspended():  # it shows, to go on drawing
                pause(interval)

        @functools.wraps(switch_backend)
        def switch(newbackend: Any) -> None:
            known = isinstance(newbackend, str) and newbackend.lower() in BACKENDS
            switch_backend(newbackend if known else "agg")

        self._replace(module, "show", show)
        self._replace(module, "pause", pause_without_taking)
        self._replace(module, "switch_backend", switch)

    def _taking(self, save: Any, attribute: str = "") -> Any:
        """Wrap a method that saves; only the outermost one takes the figure."""

        @functools.wraps(save)
        def save_and_take(owner: Any, *args: Any, **kwargs: Any) -> Any:
            with self._pictures.suspended():
                result = save(owner, *args, **kwargs)
            self.take(getattr(owner, attribute) if attribute else owner)
            return result

        return save_and_take
