"""Animations come back as their last frame."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.runner.figures.pictured import PYPLOT, run


def test_an_animation_is_its_last_frame(tmp_path: Path) -> None:
    setup = PYPLOT + "from matplotlib.animation import ArtistAnimation, FuncAnimation\n"
    setup += "paint = {0: (1., 0, 0), 1: (0, 1., 0), 2: (0, 0, 1.)}\n"
    setup += "def canvas():\n    fig, ax = plt.subplots(); ax.axis('off')\n"
    setup += "    return fig, ax, ax.imshow([[(0., 0, 0)]])\n"
    func = "fig, ax, im = canvas()\n"
    func += "def step(i):\n    im.set_data([[paint[i]]]); return im,\n"
    func += "a = FuncAnimation(fig, step, frames=3, blit=True)\n"
    done = run(tmp_path, setup + func + "plt.show()\n" + func + "a.save('a.gif', writer='pillow')")
    assert done.colours == "bb"
    artists = "fig, ax, im = canvas()\n"
    artists += "b = ArtistAnimation(fig, [[ax.imshow([[paint[i]]])] for i in (2, 0, 1)])\n"
    done = run(tmp_path, setup + artists + func + "a = FuncAnimation(fig, step, frames=9)\na")
    assert done.colours == "gb"
    assert "KeyError: 3" in done.notes[0]
    assert done.stderr == ""
