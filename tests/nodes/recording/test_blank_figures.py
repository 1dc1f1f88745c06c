"""Which figures show nothing; the pictures are real ones."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure as Drawing
from PIL import Image

from nodes.recording.blank_figures import MAX_PIXELS, blank_figure
from sandbox.records import Figure
from sandbox.results.figure_formats import PLOTLY


def png(image: Image.Image, **options: Any) -> Figure:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return Figure(buffer.getvalue(), "image/png", *image.size)


def drawn(draw: Callable[[Drawing], object], **options: Any) -> Figure:
    drawing, buffer = Drawing(), io.BytesIO()
    draw(drawing)
    drawing.savefig(buffer, format="png", **options)
    width, height = Image.open(buffer).size
    return Figure(buffer.getvalue(), "image/png", width, height)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_one_colour(mode: str) -> None:
    image = Image.new(mode, (60, 40), 1)
    assert blank_figure(png(image)) == "nothing"
    image.putpixel((3, 5), 0)
    if mode in ("1", "L", "RGB"):
        assert blank_figure(png(image)) is None


def test_transparent_pixels_show_nothing() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 4), dtype=np.uint8)
    pixels[..., 3] = 0
    assert blank_figure(png(Image.fromarray(pixels, "RGBA"))) == "nothing"
    pixels[..., 3] = 255
    assert blank_figure(png(Image.fromarray(pixels, "RGBA"))) is None


@pytest.mark.parametrize(
    ("draw", "blank"),
    [
        (lambda fig: None, "nothing"),
        (lambda fig: fig.subplots(), "empty_axes"),
        (lambda fig: fig.subplots(2, 3), "empty_axes"),
        (lambda fig: fig.subplots().set(title="Bills", xlabel="bill", ylabel="n"), "empty_axes"),
        (lambda fig: fig.subplots().plot([1, 2]), None),
        (lambda fig: fig.subplots(2, 2)[0][1].plot([1, 2]), None),
        (lambda fig: fig.subplots().text(0.5, 0.5, "none"), None),
        (lambda fig: fig.subplots().grid(), None),
        (lambda fig: fig.subplots().imshow([[0, 0], [0, 0]], cmap="Reds"), None),
        (lambda fig: fig.subplots().table([["a", "b"]], loc="center"), None),
        (lambda fig: fig.subplots().scatter([0.5], [0.5], s=1, c="lightgrey"), None),
        (lambda fig: fig.text(0.5, 0.5, "only text"), None),
        (lambda fig: fig.subplots(subplot_kw={"projection": "polar"}), None),
    ],
)
def test_matplotlib(draw: Callable[[Drawing], object], blank: str | None) -> None:
    assert blank_figure(drawn(draw)) == blank
    assert blank_figure(drawn(draw, transparent=True, bbox_inches=None)) == blank


def test_other_styles_are_not_judged() -> None:
    with mpl.rc_context({"axes.facecolor": "lightgrey", "axes.spines.top": False}):
        assert blank_figure(drawn(lambda fig: fig.subplots())) is None


@pytest.mark.parametrize(
    ("figure", "blank"),
    [
        ({"data": [], "layout": {}}, "nothing"),
        ({"data": [], "layout": {"shapes": [{"type": "line"}]}}, None),
        ({"data": [{"type": "bar", "x": [], "y": []}], "layout": {}}, "empty_axes"),
        ({"data": [{"type": "bar", "x": [], "marker": {"color": "red"}}]}, "empty_axes"),
        ({"data": [{"type": "bar", "x": ["a"], "y": [1]}], "layout": {}}, None),
        ({"data": [{"type": "bar", "y": {"dtype": "f8", "bdata": "AAAA"}}]}, None),
        ({"data": [{"type": "bar", "y": {"dtype": "f8", "bdata": ""}}]}, "empty_axes"),
        ({"data": [{"type": "indicator", "value": 3}], "layout": {}}, None),
        ({"data": [{"type": "table", "cells": {"values": [[1]]}}], "layout": {}}, None),
        ({"layout": {}}, None),
        ([], None),
    ],
)
def test_plotly(figure: Any, blank: str | None) -> None:
    assert blank_figure(Figure(json.dumps(figure).encode(), PLOTLY, 700, 500)) == blank


def test_only_pictures_can_be_blank() -> None:
    assert blank_figure(Figure(b"drawn", "image/png", 4, 3)) is None
    assert blank_figure(Figure(b"{", PLOTLY, 4, 3)) is None
    assert blank_figure(Figure(b"", "image/jpeg", 4, 3)) is None
    whole = png(Image.new("L", (300, 300), 9))
    assert blank_figure(Figure(whole.data[:60], "image/png", 300, 300)) is None


def test_a_picture_too_large_is_not_opened() -> None:
    small = png(Image.new("L", (10, 10), 9))
    assert blank_figure(Figure(small.data, "image/png", MAX_PIXELS, 2)) is None
    # Nor one whose header has another size than was checked.
    assert blank_figure(Figure(small.data, "image/png", 20, 20)) is None


def test_sixteen_bits_are_not_judged() -> None:
    deep = Image.fromarray(np.full((4, 4), 40_000, dtype=np.uint16))
    assert blank_figure(png(deep)) is None
