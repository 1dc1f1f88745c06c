"""Keeps the garbage collector out of the way while libraries load.

They create hundreds of thousands of objects that live on, and looking for garbage among them
again and again takes a seventh of the time.
"""

from __future__ import annotations

import gc

_paused: list[bool] = []


def pause() -> None:
    """Collect nothing until :func:`resume`."""
    gc.disable()
    _paused.append(True)


def resume() -> None:
    """Collect again if it was paused.

    What is there by now lives on and isn't looked at: libraries, and the given variables.
    """
    if _paused:
        _paused.clear()
        gc.freeze()
        gc.enable()
