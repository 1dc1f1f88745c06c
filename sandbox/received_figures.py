"""The figures of one run, each checked as it arrives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.errors import PayloadError
from sandbox.figure_formats import MAX_PIXELS_TOGETHER, PLOTLY, PNG, read_figure
from sandbox.policy import SandboxPolicy
from sandbox.records import Figure


class ReceivedFigures:
    """Takes figures and previews within the limits of a policy."""

    def __init__(self, policy: SandboxPolicy) -> None:
        self._policy = policy
        self._sent: list[Figure | None] = []  # None where one was refused; previews count them
        self._bytes = 0
        self._pixels = 0

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Those that passed, in the order they came in."""
        return tuple(one for one in self._sent if one is not None)

    def take(self, mime: object, data: bytes) -> None:
        """Take a figure.

        Raises:
            PayloadError: it is refused; the message is a sentence for the user.
        """
        full = len(self.figures) >= self._policy.max_figures
        self._sent.append(None)
        if full:
            raise PayloadError("more figures than the limit")
        self._sent[-1] = self._checked(mime, data)

    def take_preview(self, number: Any, data: bytes) -> None:
        """Take the PNG of a figure of JSON; ``number`` counts from 0 in the order they were sent.

        Raises:
            PayloadError: it is refused; the message is a sentence for the user.
        """
        if isinstance(number, bool) or not isinstance(number, int):
            raise PayloadError("a preview of no figure")
        figure = self._sent[number] if 0 <= number < len(self._sent) else None
        if figure is None or figure.mime != PLOTLY or figure.preview is not None:
            raise PayloadError("a preview of a figure that has no use for one")
        self._sent[number] = replace(figure, preview=self._checked(PNG, data))

    def _checked(self, mime: object, data: bytes) -> Figure:
        try:
            figure = read_figure(mime, data)
        except PayloadError as error:
            raise PayloadError(f"refused: {error}") from None
        self._bytes += len(data)
        self._pixels += figure.width * figure.height
        if self._bytes > self._policy.max_result_bytes:
            raise PayloadError(f"figures of more than {self._policy.max_result_bytes} bytes")
        if self._pixels > MAX_PIXELS_TOGETHER:
            raise PayloadError(f"figures of more than {MAX_PIXELS_TOGETHER} pixels together")
        return figure
