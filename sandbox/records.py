"""What a run leaves behind: frozen records without behaviour."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from sandbox.page import execution_bundle

Outcome = Literal[
    "ok",
    "error",
    "timeout",
    "out_of_memory",
    "output_limit",
    "crashed",
    "missing_package",
]
"""How a run ended.

``error``: the code raised. ``crashed``: it was killed by a signal, or exited without reporting
a result. ``missing_package``: a ModuleNotFoundError for a package the image doesn't have.
"""

MAX_REPR_CHARS, MAX_REPR_ITEMS = 200, 50
DISPLAY = "display()"
"""Key of the displayed value among an execution's payloads; no variable can have this name."""


@dataclass(frozen=True, slots=True)
class ExecutionError:
    """An exception the code raised.

    ``traceback`` holds the user's frames only, with the line numbers of the code as given.
    ``line`` is the innermost of them, 1-based.
    """

    name: str
    message: str
    traceback: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture: ``data`` encoded as ``mime``; ``width`` and ``height`` in pixels.

    A plotly figure has its JSON in ``data``, to work with, and the same figure as PNG in
    ``preview``, to look at. ``preview`` is None where ``data`` is an image, and where the runner
    image can't draw plotly figures: that takes kaleido and a browser.
    """

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    preview: Figure | None = None

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the picture in notebooks; nothing else of a figure is rendered."""
        picture = self if self.mime.startswith("image/") else self.preview
        shown = {"text/plain": repr(self)}
        if picture is not None and picture.mime in ("image/png", "image/jpeg"):
            shown[picture.mime] = base64.b64encode(picture.data).decode()
        return shown

    def save(self, path: Path | str) -> Path:
        """Write ``data`` to a file; for a path that ends in .png, the preview of a plotly figure.

        Raises:
            ValueError: the path ends in .png, and there is no PNG.
            OSError: it can't be written.
        """
        target = Path(path)
        wants_png = target.suffix.lower() == ".png" and self.mime != "image/png"
        figure = self.preview if wants_png else self
        if figure is None:
            raise ValueError(f"this figure is {self.mime} and has no PNG; save it as .json")
        target.write_bytes(figure.data)
        return target


@dataclass(frozen=True, slots=True)
class Payload:
    """A value as the container encoded it, not decoded yet.

    ``codec`` is the format, ``type_name`` the value's type in the container.
    """

    codec: str
    type_name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Execution:
    """The record of one run.

    ``duration_s`` is measured outside the code's process: without start-up and checks, with reading
    its results. ``changed_inputs`` is what the code's process says.
    """

    outcome: Outcome
    stdout: str = ""
    stderr: str = ""
    error: ExecutionError | None = None
    variables: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    withheld: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    figures: tuple[Figure, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """What the code left in its working folder, by relative path (``a/b.csv``). Treat the
    content as hostile: the code wrote it, and nothing here has opened it."""
    display: Any = None
    changed_inputs: tuple[str, ...] = ()
    duration_s: float = 0.0
    check_error: ExecutionError | None = None
    """The exception of ``checks``; None if they passed or none were given. ``ChecksNotRun``: the
    code ended them, or showed them another value than it returned."""
    detail: str = ""
    """One sentence about an outcome other than ``ok``: which limit, which signal."""
    payloads: Mapping[str, Payload] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )
    """``variables``, and the displayed value, as they came: for storing them."""
    display_text: str = ""
    """The final expression's repr, bounded."""

    def __repr__(self) -> str:
        """Show names, not values: those of a container may have an endless repr, or raise."""

        def names(of: Mapping[str, Any]) -> list[str]:
            return [name[:MAX_REPR_CHARS] for name in islice(of, MAX_REPR_ITEMS)]

        error = self.error and f"{self.error.name}: {self.error.message}"[:MAX_REPR_CHARS]
        return (
            f"Execution(outcome={self.outcome!r}, stdout={self.stdout[:MAX_REPR_CHARS]!r},"
            f" error={error!r}, detail={self.detail[:MAX_REPR_CHARS]!r},"
            f" variables={names(self.variables)}, withheld={names(self.withheld)},"
            f" figures={len(self.figures)}, files={names(self.files)},"
            f" duration_s={self.duration_s!r})"
        )

    @property
    def ok(self) -> bool:
        """Whether the code ran to its end."""
        return self.outcome == "ok"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the run in notebooks and in IPython's terminal."""
        return execution_bundle(self)
