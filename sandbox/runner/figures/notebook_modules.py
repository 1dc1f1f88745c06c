"""``from IPython.display import display``, which models write and the image does not hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def fill(module: Any, display: Callable[..., None]) -> None:
    """Fill ``IPython`` or ``IPython.display``.

    It says that no notebook is running, so that libraries that ask behave as in a script.
    """
    if module.__name__ == "IPython":
        module.version_info = (9, 0, 0)
        module.__version__ = "9.0.0"
        module.get_ipython = lambda: None
        return
    module.display = display
    module.clear_output = lambda wait=False: None
    module.Image = Image
    for name in ("HTML", "Latex", "Markdown", "SVG"):
        setattr(module, name, type(name, (Text,), {}))


class Text:
    """Marked-up text, which is printed as it is."""

    def __init__(self, data: object = "", **_: object) -> None:
        self.data = data

    def __repr__(self) -> str:
        return str(self.data)


class Image:
    """A PNG or JPEG by its bytes or the name of its file."""

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
