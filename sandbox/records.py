"""What a run leaves behind: frozen records, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

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

``error``: the code raised. ``crashed``: killed by a signal, or gone without a
word. ``missing_package``: a ModuleNotFoundError for a package the image lacks.
"""

DISPLAY = "display()"
"""Key of the displayed value among an execution's payloads; no variable can have it."""


@dataclass(frozen=True, slots=True)
class ExecutionError:
    """An exception the code raised.

    ``traceback`` holds the user's frames only; its line numbers are those of
    the code as given. ``line`` is the innermost such line, 1-based.
    """

    name: str
    message: str
    traceback: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture: ``data`` encoded as ``mime``; ``width`` and ``height`` in pixels.

    One of plotly is one figure: its JSON in ``data``, to work on, and the same
    drawn as PNG in ``preview``, to look at. None where ``data`` is an image
    anyway, and where the runner image cannot draw: it takes kaleido, and a
    browser that kaleido brings along or finds.
    """

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    preview: Figure | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """A value as the container encoded it: bytes no one has decoded yet.

    ``codec`` tags the format, ``type_name`` is what the value was over there.
    """

    codec: str
    type_name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Execution:
    """The record of one run. ``duration_s`` counts the code only, not start-up."""

    outcome: Outcome
    stdout: str = ""
    stderr: str = ""
    error: ExecutionError | None = None
    variables: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    withheld: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    figures: tuple[Figure, ...] = ()
    display: Any = None
    changed_inputs: tuple[str, ...] = ()
    duration_s: float = 0.0
    check_error: ExecutionError | None = None
    """The exception of ``checks``, None if they passed or none were given."""
    detail: str = ""
    """One sentence about an outcome other than ``ok``: which limit, which signal."""
    payloads: Mapping[str, Payload] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )
    """``variables`` as they came, for whoever stores them; keys are a superset."""
    display_text: str = ""
    """The final expression's repr, bounded."""

    @property
    def ok(self) -> bool:
        """Whether the code ran to its end."""
        return self.outcome == "ok"
