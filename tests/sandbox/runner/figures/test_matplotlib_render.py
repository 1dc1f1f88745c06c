"""Rendering: layouts, cropping, sizes, and figures that cannot be rendered."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from tests.sandbox.runner.figures.pictured import PYPLOT, run


def test_layouts_do_not_make_one_figure_two(tmp_path: Path) -> None:
    code = """
for layout in ("constrained", "tight", "compressed", "none"):
    fig, axes = plt.subplots(2, 3, layout=layout)
    for ax in axes.flat:
        ax.plot([1, 1e6]); ax.set(title="t", ylabel="long\\nlabel")
    outside = "outside " if layout in ("constrained", "compressed") else ""
    fig.suptitle(layout); fig.legend(["a"], loc=f"{outside}upper right")
    fig.savefig("a.png")
    display(fig)
    plt.show()
fig
"""
    done = run(tmp_path, PYPLOT + code)
    assert len(done.images) == 4
    assert done.notes == []


def test_subfigures_and_a_figure_of_text_alone(tmp_path: Path) -> None:
    code = "fig = plt.figure(); left, right = fig.subfigures(1, 2); left.suptitle('only a title')\n"
    code += "other = plt.figure(); other.text(0.5, 0.5, 'words')\n"
    code += "empty = plt.figure(); empty.subfigures(1, 2)\n"
    assert len(run(tmp_path, PYPLOT + code).images) == 2


def test_huge_figures_are_made_to_fit(tmp_path: Path) -> None:
    code = "plt.figure(figsize=(10, 8), dpi=2400); plt.plot([1, 2]); plt.title('sharp')\n"
    code += "plt.figure(figsize=(1e4, 1e4)); plt.plot([1]); plt.title('vast')\n"
    code += "plt.figure(); plt.plot([1]); plt.text(50, 1, 'far away')"
    done = run(tmp_path, PYPLOT + code)
    sharp, plain = (Image.open(io.BytesIO(data)).size for data in done.pictures)
    assert 15e6 < sharp[0] * sharp[1] <= 25e6
    assert plain == (640, 480)
    assert "'sharp' was rendered at" in done.notes[0]
    assert "'vast' was not rendered" in done.notes[1]
    assert "1000000×1000000 pixels" in done.notes[1]


def test_a_figure_that_cannot_be_rendered_is_named(tmp_path: Path) -> None:
    code = "plt.plot([1, 2]); plt.title('Sales of $x^$')\n"
    done = run(tmp_path, PYPLOT + code + "plt.figure(); plt.plot([3])")
    assert len(done.images) == 1
    assert "figure 'Sales of $x^$' could not be rendered: ValueError" in done.notes[0]
