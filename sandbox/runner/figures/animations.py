"""Matplotlib's animations, each shown by its last frame."""

from __future__ import annotations

import functools
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from ..encoding.reprs import in_short
from .pictures import Pictures

MAX_FRAMES = 1_000
MAX_DRAWING_S = 10.0


class Animations:
    """Tracks which figures are animated, and draws their last frame."""

    def __init__(
        self,
        pictures: Pictures,
        replace: Callable[[Any, str, Any], None],
        take: Callable[[Any], None],
    ) -> None:
        self._pictures = pictures
        self._replace = replace
        self._take = take
        self._animation_class: Any = ()  # matches nothing until it is imported
        self._unfinished: list[weakref.ref[Any]] = []

    def hooks(self) -> Mapping[str, Callable[[Any], None]]:
        """Return what to do when each module is imported."""
        return {"matplotlib.animation": self._hook}

    def figure_of(self, value: Any) -> Any:
        """Return an animation's figure, or None for any other value."""
        return value._fig if issubclass(type(value), self._animation_class) else None

    def finish(self, figure: Any) -> None:
        """Draw the last frame of the animations of ``figure`` that haven't been played."""
        for reference in list(self._unfinished):
            animation = reference()
            if animation is None:
                self._unfinished.remove(reference)
            elif animation._fig is figure:
                self._unfinished.remove(reference)
                try:
                    self._play(animation)
                except BaseException as error:
                    reason = in_short(error)
                    self._pictures.note(f"an animation stopped before its last frame: {reason}")

    def _play(self, animation: Any) -> None:
        """Draw all frames without rendering them, since they may build on each other."""
        animation._fig.canvas.mpl_disconnect(animation._first_draw_id)
        animation._init_draw()
        until = time.monotonic() + MAX_DRAWING_S
        for number, frame in enumerate(animation.new_saved_frame_seq()):
            if number >= MAX_FRAMES or time.monotonic() > until:
                self._pictures.note(f"an animation is shown at its frame {number}")
                break
            animation._pre_draw(frame, False)
            animation._draw_frame(frame)

    def _hook(self, module: Any) -> None:
        self._animation_class = module.Animation
        start, save = module.Animation.__init__, module.Animation.save

        @functools.wraps(start)
        def start_and_remember(animation: Any, *args: Any, **kwargs: Any) -> None:
            start(animation, *args, **kwargs)
            self._unfinished.append(weakref.ref(animation))

        @functools.wraps(save)
        def save_and_take(animation: Any, *args: Any, **kwargs: Any) -> Any:
            with self._pictures.suspended():  # otherwise each frame would be a picture
                result = save(animation, *args, **kwargs)
            self._unfinished[:] = [ref for ref in self._unfinished if ref() is not animation]
            self._take(animation._fig)
            return result

        self._replace(module.Animation, "__init__", start_and_remember)
        self._replace(module.Animation, "save", save_and_take)
