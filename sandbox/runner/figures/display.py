"""``display(…)``, which code written for notebooks expects to find."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from typing import Any

from .pictures import JPEG, PNG, Pictures

FORMATS = {"_repr_png_": PNG, "_repr_jpeg_": JPEG}


class Display:
    """Takes pictures as figures and prints the rest."""

    def __init__(self, take: Callable[[object], bool]) -> None:
        self._take = take

    def __call__(self, *values: object, **_: object) -> None:
        """Show each value; a notebook's own options mean nothing here."""
        for value in values:
            if not self._take(value):
                print(repr(value))

    def __repr__(self) -> str:
        return "<function display>"


class NotebookFinder:
    """The last of the meta path finders: a real IPython is found before its."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Offer ``IPython`` and ``IPython.display``, and nothing else."""
        loader: Any = self  # as much of one as the import system calls for
        if name not in ("IPython", "IPython.display"):
            return None
        return ModuleSpec(name, loader, is_package=name == "IPython")

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: Any) -> None:
        """Fill the module."""
        from .notebook_modules import fill

        fill(module, self._display)


def picture_of(value: object, pictures: Pictures) -> bool:
    """Take what a value of any class says it looks like; False if it says nothing."""
    for method, mime in FORMATS.items():
        render = getattr(type(value), method, None)
        data: Any = None
        if render is not None:
            offered = pictures.offered
            with contextlib.suppress(BaseException):
                data = render(value)
            # It may have drawn with matplotlib to make it, which was taken.
            if pictures.offered > offered:
                return True
        if isinstance(data, tuple) and data:  # with metadata
            data = data[0]
        if isinstance(data, bytes) and data:
            pictures.add(data, mime)
            return True
    return False
