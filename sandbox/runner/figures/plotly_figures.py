"""Plotly figures, taken as JSON when they are shown, displayed, saved, or left in a variable."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from ..encoding.reprs import in_short
from ..shared.figures import PLOTLY
from .pictures import Pictures
from .plotly_drawing import PlotlyPreviews, to_image

MAX_JSON_BYTES = 32 << 20
SAVING = ("write_html", "write_image", "write_json")


class PlotlyFigures:
    """Takes figures as JSON; ``previews`` are drawn after the code, where kaleido is installed."""

    def __init__(self, pictures: Pictures, replace: Callable[[Any, str, Any], None]) -> None:
        self.previews = PlotlyPreviews(pictures)
        self._pictures = pictures
        self._replace = replace
        self._figure_class: Any = ()  # matches nothing until plotly is imported

    def hooks(self) -> Mapping[str, Callable[[Any], None]]:
        """Return what to do when each module is imported."""
        return {
            "plotly.basedatatypes": self._hook_figures,
            "plotly.io": self._hook_show,
            "plotly.io._kaleido": self._hook_export,
        }

    def display(self, value: Any) -> bool:
        """Take a figure; return False for anything else."""
        if not issubclass(type(value), self._figure_class):
            return False
        self._take(value)
        return True

    def take_unseen(self, value: Any) -> None:
        """Take a figure that isn't empty and was never taken before, in any state."""
        if issubclass(type(value), self._figure_class) and not self._pictures.has(value):
            layout = value.layout.to_plotly_json()
            if value.data or layout.keys() - {"template"}:
                self._take(value)

    def _take(self, figure: Any) -> None:
        if not self._pictures.active or self._pictures.full(figure):
            return
        try:
            import plotly.io

            data = plotly.io.to_json(figure, validate=isinstance(figure, dict)).encode()
        except BaseException as error:
            self._pictures.note(f"a plotly figure could not be turned into JSON: {in_short(error)}")
            return
        if len(data) > MAX_JSON_BYTES:
            self._pictures.note(
                f"a plotly figure of {len(data)} bytes was not kept: the limit is {MAX_JSON_BYTES}"
            )
            return
        number = self._pictures.add(data, PLOTLY, None if isinstance(figure, dict) else figure)
        if number is not None:
            self.previews.remember(number, data)

    def _hook_show(self, module: Any) -> None:
        def show(figure: Any, *_: object, **__: object) -> None:
            with self._pictures.lock:
                self._take(figure)

        self._replace(module, "show", show)  # the figure class's own show() looks it up here too

    def _hook_export(self, module: Any) -> None:
        if find_spec("kaleido") is not None and not module.kaleido_available():
            self._replace(module, "kaleido_available", lambda: True)
            self._replace(module, "to_image", to_image)

    def _hook_figures(self, module: Any) -> None:
        self._figure_class = module.BaseFigure
        for name in SAVING:
            self._replace(module.BaseFigure, name, self._taking(getattr(module.BaseFigure, name)))

    def _taking(self, save: Any) -> Any:
        @functools.wraps(save)
        def take_and_save(figure: Any, *args: Any, **kwargs: Any) -> Any:
            with self._pictures.lock:
                self._take(figure)
            return save(figure, *args, **kwargs)

        return take_and_save
