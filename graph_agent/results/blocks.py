"""Text and figures as the content blocks of a LangChain message."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from sandbox.records import Figure

__all__ = ["PICTURES", "blocks", "pictures_of"]

PICTURES = ("image/png", "image/jpeg")


def pictures_of(figures: Iterable[Figure]) -> list[tuple[str, str]]:
    """Return each figure that can be looked at: its type and its data in base64."""
    shown = (figure if figure.mime in PICTURES else figure.preview for figure in figures)
    return [
        (figure.mime, base64.b64encode(figure.data).decode())
        for figure in shown
        if figure is not None and figure.mime in PICTURES
    ]


def blocks(text: str, figures: Iterable[Figure]) -> list[str | dict[str, Any]]:
    """Return the content of a LangChain message: a text block, then image blocks."""
    images: list[str | dict[str, Any]] = [
        {"type": "image", "base64": data, "mime_type": mime} for mime, data in pictures_of(figures)
    ]
    return [{"type": "text", "text": text}, *images]
