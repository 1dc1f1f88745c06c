"""Figures as hostile input: each is what it claims to be, and a run has limits."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from sandbox.containers.raw_run import RawRun
from sandbox.errors import PayloadError
from sandbox.policy import SandboxPolicy
from sandbox.records import Execution
from sandbox.results.collect import collect
from sandbox.results.figure_formats import (
    JPEG,
    MAX_JSON_ELEMENTS,
    PLOTLY,
    PNG,
    figure_suffix,
    read_figure,
)
from tests.sandbox.results.pictures import WHOLE, saved


def test_images_are_read_by_their_format() -> None:
    image = read_figure(PNG, saved("RGB", (7, 5)))
    photo = read_figure(JPEG, saved("L", (3, 2), "JPEG"))
    assert (image.mime, image.width, image.height) == (PNG, 7, 5)
    assert (photo.mime, photo.width, photo.height) == (JPEG, 3, 2)


def test_a_jpeg_of_too_many_pixels_is_refused() -> None:
    size = struct.pack(">BHHB", 8, 65_535, 65_535, 1) + b"\1\x11\0"
    scan = b"\xff\xda\0\x08\1\1\0\0\x3f\0\x12"
    data = b"\xff\xd8\xff\xc0" + struct.pack(">H", len(size) + 2) + size + scan + b"\xff\xd9"
    with pytest.raises(PayloadError, match="over the limit"):
        read_figure(JPEG, data)


@pytest.mark.parametrize(
    ("layout", "size"),
    [
        ({}, (700, 500)),
        ({"width": 300, "height": 200.5}, (300, 200)),
        ({"width": -1, "height": 10**400}, (700, 500)),
        ({"width": True, "height": "900"}, (700, 500)),
    ],
)
def test_the_size_of_a_plotly_figure(layout: dict[str, Any], size: tuple[int, int]) -> None:
    data = json.dumps({"data": [], "layout": layout, "frames": []}).encode()
    figure = read_figure(PLOTLY, data)
    assert (figure.width, figure.height) == size
    assert figure.data == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "isn't JSON"),
        (b"\xff\xfe", "isn't JSON"),
        (b"[]", "list of data"),
        (b'{"data": {}, "layout": {}}', "list of data"),
        (b'{"data": []}', "without a layout"),
        (b'{"data": [], "layout": []}', "without a layout"),
        (b'{"data": [NaN], "layout": {}}', "isn't JSON"),
        (b'{"data": [' + b"9" * 5000 + b'], "layout": {}}', "isn't JSON"),
        (b'{"data": ' + b"[" * 50_000 + b"]" * 50_000 + b', "layout": {}}', "nested deeper"),
        (b'{"data": [' + b"[]," * MAX_JSON_ELEMENTS + b'[]], "layout": {}}', "values"),
        (b'{"data": [], "layout": {}, "x": "' + b" " * (64 << 20) + b'"}', "bytes"),
        (b'{"data": [], "layout": {"width": 90000, "height": 90000}}', "over the limit"),
        (b"<html><script>alert(1)</script></html>", "isn't JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "data",
)
def test_plotly_figures_that_lie(data: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        read_figure(PLOTLY, data)


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "", None, 3, ["image/png"], {}])
def test_other_types_are_refused(mime: object) -> None:
    with pytest.raises(PayloadError, match="isn't allowed"):
        read_figure(mime, WHOLE)


def test_suffixes_come_from_a_fixed_list() -> None:
    assert [figure_suffix(mime) for mime in (PNG, JPEG, PLOTLY)] == [".png", ".jpg", ".json"]
    assert figure_suffix("../../etc/passwd") == ".bin"


FIGURE = ({"type": "figure", "mime": PLOTLY}, b'{"data": [], "layout": {}}')


def png(side: int = 2) -> bytes:
    return saved("RGB", (side, side))


def preview(number: Any, data: bytes | None = None) -> tuple[dict[str, Any], bytes]:
    return {"type": "preview", "figure": number}, png() if data is None else data


def collected(*messages: tuple[dict[str, Any], bytes], **policy: Any) -> Execution:
    raw = RawRun()
    raw.messages = [({"type": "running"}, b""), *messages, ({"type": "finished"}, b"")]
    return collect(raw, SandboxPolicy(**policy), None)


def test_a_preview_goes_with_its_figure() -> None:
    image = ({"type": "figure", "mime": "image/png"}, png(3))
    run = collected(image, FIGURE, FIGURE, preview(2))
    assert [figure.preview is not None for figure in run.figures] == [False, False, True]
    shown = run.figures[2].preview
    assert shown is not None
    assert (shown.mime, shown.width, shown.height, shown.data) == ("image/png", 2, 2, png())
    assert run.figures[2].data == FIGURE[1]
    assert run.detail == ""


def test_a_refused_figure_keeps_its_number() -> None:
    run = collected(({"type": "figure", "mime": "text/html"}, b""), FIGURE, preview(0), preview(1))
    assert [figure.preview is not None for figure in run.figures] == [True]
    assert "can't have one" in run.detail


@pytest.mark.parametrize("number", [1, -1, True, "0", None, 0.0, 1 << 80])
def test_a_preview_without_its_figure(number: Any) -> None:
    run = collected(FIGURE, preview(number))
    assert run.figures[0].preview is None
    assert "a preview" in run.detail


@pytest.mark.parametrize("data", [b"", b"<svg/>", png()[:-1], FIGURE[1], png() + b"x"])
def test_a_preview_that_is_not_a_png(data: bytes) -> None:
    run = collected(FIGURE, preview(0, data))
    assert run.figures[0].preview is None
    assert "refused: " in run.detail


def test_only_a_json_figure_has_a_preview_and_only_one() -> None:
    run = collected(FIGURE, preview(0), preview(0, png(3)))
    assert run.figures[0].preview is not None
    assert run.figures[0].preview.width == 2
    assert "can't have one" in run.detail
    image = ({"type": "figure", "mime": "image/png"}, png())
    assert collected(image, preview(0)).figures[0].preview is None


def test_previews_count_towards_the_limits() -> None:
    run = collected(FIGURE, preview(0), max_result=len(FIGURE[1]) + len(png()) - 1)
    assert run.figures[0].preview is None
    assert "bytes" in run.detail
    wide = json.dumps({"data": [], "layout": {"width": 10_000, "height": 10_000}}).encode()
    run = collected(*[(FIGURE[0], wide)] * 4, preview(0))
    assert run.figures[0].preview is None
    assert "pixels together" in run.detail


def figures(*sent: tuple[str, bytes]) -> list[tuple[dict[str, Any], bytes]]:
    return [({"type": "figure", "mime": mime}, data) for mime, data in sent]


def test_a_run_keeps_good_figures_and_reports_the_others() -> None:
    run = collected(*figures((JPEG, WHOLE), (PNG, WHOLE), ("text/html", b"x"), (PNG, WHOLE[:-1])))
    assert [(figure.width, figure.height, figure.mime) for figure in run.figures] == [(4, 3, PNG)]
    assert run.detail.count("refused") == 3


def test_limits_of_a_run() -> None:
    assert len(collected(*figures(*[(PNG, WHOLE)] * 5), max_figures=3).figures) == 3
    few = collected(*figures(*[(PNG, WHOLE)] * 5), max_result=2 * len(WHOLE))
    assert len(few.figures) == 2
    assert "bytes" in few.detail
    large = json.dumps({"data": [], "layout": {"width": 10_000, "height": 10_000}}).encode()
    run = collected(*figures(*[(PLOTLY, large)] * 6))
    assert len(run.figures) == 4
    assert "pixels together" in run.detail
