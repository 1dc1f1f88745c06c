"""Figures and previews as a hostile container may send them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from sandbox.collect import collect
from sandbox.container import RawRun
from sandbox.policy import SandboxPolicy
from sandbox.records import Execution

PLOTLY = b'{"data": [], "layout": {}}'
FIGURE = ({"type": "figure", "mime": "application/vnd.plotly.v1+json"}, PLOTLY)


def png(side: int = 2) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side)).save(buffer, "PNG")
    return buffer.getvalue()


def preview(number: Any, data: bytes | None = None) -> tuple[dict[str, Any], bytes]:
    return {"type": "preview", "figure": number}, png() if data is None else data


def collected(*messages: tuple[dict[str, Any], bytes], **policy: Any) -> Execution:
    raw = RawRun()
    raw.messages = [({"type": "running"}, b""), *messages, ({"type": "finished"}, b"")]
    return collect(raw, SandboxPolicy(**policy), None)


def test_a_preview_goes_with_its_figure() -> None:
    image = ({"type": "figure", "mime": "image/png"}, png(3))
    run = collected(image, FIGURE, FIGURE, preview(2))
    assert [one.preview is not None for one in run.figures] == [False, False, True]
    shown = run.figures[2].preview
    assert shown is not None
    assert (shown.mime, shown.width, shown.height, shown.data) == ("image/png", 2, 2, png())
    assert run.figures[2].data == PLOTLY
    assert run.detail == ""


def test_a_refused_figure_keeps_its_number() -> None:
    run = collected(({"type": "figure", "mime": "text/html"}, b""), FIGURE, preview(0), preview(1))
    assert [one.preview is not None for one in run.figures] == [True]
    assert "no use for one" in run.detail


@pytest.mark.parametrize("number", [1, -1, True, "0", None, 0.0, 1 << 80])
def test_a_preview_of_nothing(number: Any) -> None:
    run = collected(FIGURE, preview(number))
    assert run.figures[0].preview is None
    assert "a preview of" in run.detail


@pytest.mark.parametrize("data", [b"", b"<svg/>", png()[:-1], PLOTLY, png() + b"x"])
def test_a_preview_that_is_no_png(data: bytes) -> None:
    run = collected(FIGURE, preview(0, data))
    assert run.figures[0].preview is None
    assert "refused: " in run.detail


def test_one_preview_and_only_of_what_is_no_image() -> None:
    run = collected(FIGURE, preview(0), preview(0, png(3)))
    assert run.figures[0].preview is not None
    assert run.figures[0].preview.width == 2
    assert "no use for one" in run.detail
    image = ({"type": "figure", "mime": "image/png"}, png())
    assert collected(image, preview(0)).figures[0].preview is None


def test_previews_count_towards_the_limits() -> None:
    run = collected(FIGURE, preview(0), max_result=len(PLOTLY) + len(png()) - 1)
    assert run.figures[0].preview is None
    assert "bytes" in run.detail
    wide = json.dumps({"data": [], "layout": {"width": 10_000, "height": 10_000}}).encode()
    run = collected(*[(FIGURE[0], wide)] * 4, preview(0))
    assert run.figures[0].preview is None
    assert "pixels together" in run.detail
