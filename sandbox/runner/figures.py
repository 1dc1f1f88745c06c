"""Catches matplotlib figures as a notebook would: shown, saved, or left open."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

MAX_PIXELS = 50_000_000
"""Per figure; a larger canvas would not fit the memory of a small container."""


@dataclass(frozen=True)
class Captured:
    """One rendered picture."""

    data: bytes
    mime: str


class FigureCapture:
    """Collects pictures while the code runs; ``notes`` says which could not be taken."""

    def __init__(self, max_figures: int) -> None:
        self.figures: list[Captured] = []
        self.notes: list[str] = []
        self._max_figures = max_figures
        self._restore: list[Callable[[], None]] = []
        self._render: Callable[..., Any] | None = None
        self._taken: list[tuple[Any, bytes]] = []

    def __enter__(self) -> FigureCapture:
        if "matplotlib.pyplot" in sys.modules:
            self._hook()
        else:  # hook only if and when the code imports it
            sys.meta_path.insert(0, _ImportWatch(self._hook))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, _ImportWatch)]
        for restore in self._restore:
            restore()
        self._take_open_figures()

    def display(self, value: object) -> None:
        """Take a final expression that is a picture: a figure not open, or ``_repr_png_``."""
        figure_module = sys.modules.get("matplotlib.figure")
        if figure_module is not None and isinstance(value, figure_module.Figure):
            self._take(value)
            return
        render = getattr(type(value), "_repr_png_", None)
        if render is not None:
            with contextlib.suppress(Exception):
                data = render(value)
                if isinstance(data, bytes):
                    self._add(data)

    def _hook(self) -> None:
        from matplotlib.figure import Figure

        pyplot: Any = sys.modules["matplotlib.pyplot"]
        figure_class: Any = Figure
        show, savefig = pyplot.show, figure_class.savefig

        def capturing_show(*_: object, **__: object) -> None:
            self._take_open_figures()

        def capturing_savefig(figure: Any, *args: Any, **kwargs: Any) -> Any:
            result = savefig(figure, *args, **kwargs)
            self._take(figure)
            return result

        pyplot.show = capturing_show
        figure_class.savefig = capturing_savefig

        def restore() -> None:
            pyplot.show = show
            figure_class.savefig = savefig

        self._restore.append(restore)
        self._render = savefig

    def _open_figures(self) -> list[Any]:
        pyplot: Any = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return []
        return [pyplot.figure(number) for number in pyplot.get_fignums()]

    def _take_open_figures(self) -> None:
        for figure in self._open_figures():
            self._take(figure)
            sys.modules["matplotlib.pyplot"].close(figure)

    def _take(self, figure: Any) -> None:
        if not (figure.axes or figure.texts or figure.images):  # nothing drawn, nothing to show
            return
        width, height = figure.get_size_inches() * figure.dpi
        if width * height > MAX_PIXELS:
            self.notes.append(f"a figure of {width:.0f}×{height:.0f} pixels was not rendered")
            return
        buffer = io.BytesIO()
        try:
            render = self._render or type(figure).savefig
            render(figure, buffer, format="png", dpi=figure.dpi, bbox_inches="tight")
        except Exception as error:
            self.notes.append(f"a figure could not be rendered: {type(error).__name__}: {error}")
            return
        data = buffer.getvalue()
        # Saved, then shown, then displayed: one picture as long as it does not change.
        if not any(one is figure and seen == data for one, seen in self._taken):
            self._taken.append((figure, data))
            self._add(data)

    def _add(self, data: bytes) -> None:
        if len(self.figures) < self._max_figures:
            self.figures.append(Captured(data, "image/png"))
        elif f"only the first {self._max_figures} figures were kept" not in self.notes:
            self.notes.append(f"only the first {self._max_figures} figures were kept")


class _ImportWatch:
    """A meta path finder that finds nothing, but sees pyplot being imported."""

    def __init__(self, hook: Callable[[], None]) -> None:
        self._hook = hook

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Let pyplot load as usual, then hook it."""
        if name != "matplotlib.pyplot":
            return None
        sys.meta_path.remove(self)
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def load_and_hook(module: Any) -> None:
            load(module)
            self._hook()

        spec.loader.exec_module = load_and_hook  # type: ignore[method-assign]  # this spec's own loader
        return spec
