"""``display(…)`` and ``IPython.display``, which code written for notebooks expects to find."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from typing import Any

from ..shared.figures import JPEG, PNG
from .pictures import Pictures

FORMATS = {"_repr_png_": PNG, "_repr_jpeg_": JPEG}


class Display:
    """Takes pictures as figures and prints everything else."""

    def __init__(self, take: Callable[[object], bool]) -> None:
        self._take = take

    def __call__(self, *values: object, **_: object) -> None:
        """Show each value; a notebook's options have no effect here."""
        for value in values:
            if not self._take(value):
                print(repr(value))

    def __repr__(self) -> str:
        return "<function display>"


class NotebookFinder:
    """The last meta path finder: a real IPython takes precedence.

    Its ``IPython`` reports that no notebook is running, so that libraries that ask behave
    as in a script.
    """

    def __init__(self, display: Display) -> None:
        self._display = display

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Offer ``IPython`` and ``IPython.display``, and nothing else."""
        loader: Any = self  # it has the methods that the import system calls
        if name not in ("IPython", "IPython.display"):
            return None
        return ModuleSpec(name, loader, is_package=name == "IPython")

    def create_module(self, spec: ModuleSpec) -> None:
        """Let the import system create it."""

    def exec_module(self, module: Any) -> None:
        """Fill the module."""
        if module.__name__ == "IPython":
            module.version_info = (9, 0, 0)
            module.__version__ = "9.0.0"
            module.get_ipython = lambda: None
            return
        module.display = self._display
        module.clear_output = lambda wait=False: None
        module.Image = Image
        for name in ("HTML", "Latex", "Markdown", "SVG"):
            setattr(module, name, type(name, (Text,), {}))


class Text:
    """Marked-up text, printed as it is."""

    def __init__(self, data: object = "", **_: object) -> None:
        self.data = data

    def __repr__(self) -> str:
        return str(self.data)


class Image:
    """A PNG or JPEG, given as bytes or as a file name."""

    def __init__(self, data: Any = None, filename: Any = None, **_: object) -> None:
        if filename is None and not isinstance(data, bytes):
            data, filename = None, data
        if filename is not None:
            with open(filename, "rb") as file:
                data = file.read()
        self.data: bytes = data or b""

    def _repr_png_(self) -> bytes | None:
        return self.data if self.data.startswith(b"\x89PNG") else None

    def _repr_jpeg_(self) -> bytes | None:
        return self.data if self.data.startswith(b"\xff\xd8") else None


def picture_of(value: object, pictures: Pictures) -> bool:
    """Take the picture that a value of any class gives of itself; return False if it has none."""
    for method, mime in FORMATS.items():
        render = getattr(type(value), method, None)
        data: Any = None
        if render is not None:
            offered = pictures.offered
            with contextlib.suppress(BaseException):
                data = render(value)
            # It may have drawn itself with matplotlib, and that figure was taken.
            if pictures.offered > offered:
                return True
        if isinstance(data, tuple) and data:  # with metadata
            data = data[0]
        if isinstance(data, bytes) and data:
            pictures.add(data, mime)
            return True
    return False
