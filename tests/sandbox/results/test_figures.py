"""Figures through real containers: what comes back is what was drawn."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from PIL import Image

from sandbox import DockerSandbox, SandboxPolicy
from sandbox.records import Figure

pytestmark = pytest.mark.docker
PLOTLY = "application/vnd.plotly.v1+json"


def opened(figure: Figure) -> Image.Image:
    """Decode a figure, check its recorded size, and check that it isn't blank."""
    file = Image.open(io.BytesIO(figure.data))
    assert file.get_format_mimetype() == figure.mime
    assert file.size == (figure.width, figure.height)
    image = file.convert("RGB")
    colours = image.getcolors(1 << 24)
    assert colours is not None
    assert len(colours) > 1
    return image


def test_pictures_of_every_library(sandbox: DockerSandbox) -> None:
    code = """
%matplotlib inline
import matplotlib
matplotlib.use("TkAgg")
import matplotlib.pyplot as plt
import plotly.express as px
import seaborn as sns
from IPython.display import display
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure
from PIL import Image

df.plot(title="pandas"); plt.show()
sns.relplot(df, x="a", y="b").savefig("grid.pdf")
other = Figure(figsize=(3, 2)); other.subplots().plot([1, 2]); display(other)
fig, ax = plt.subplots()
line, = ax.plot([], [])
ax.set(xlim=(0, 9), ylim=(0, 9))
anim = FuncAnimation(fig, lambda i: line.set_data(range(i), range(i)), frames=9)
plt.show()
display(df)
px.bar(df, x="a", y="b", width=400, height=300).show()
left = px.line(df, x="a", y="b")
image = Image.new("RGB", (30, 20), "red"); image.paste("blue", (0, 0, 9, 9))
image.show()
image
"""
    run = sandbox.run(code, {"df": pd.DataFrame({"a": [1, 2, 3], "b": [3, 1, 2]})})
    assert run.error is None
    assert run.outcome == "ok"
    assert run.detail == ""
    kinds = ["image/png"] * 4 + [PLOTLY, "image/png", PLOTLY]
    assert [figure.mime for figure in run.figures] == kinds
    for figure in run.figures:
        if figure.mime == "image/png":
            opened(figure)
    shown, left = (figure for figure in run.figures if figure.mime == PLOTLY)
    assert (shown.width, shown.height, left.width, left.height) == (400, 300, 700, 500)
    assert json.loads(left.data)["data"][0]["type"] == "scatter"
    assert run.figures[5].width == 30
    assert run.stdout == "   a  b\n0  1  3\n1  2  1\n2  3  2\n"
    assert "Agg" not in run.stderr


def test_figures_shown_before_the_time_is_over_come_back() -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()\nwhile True: pass"
    with DockerSandbox(SandboxPolicy(timeout_s=10)) as sandbox:
        run = sandbox.run(code)
    assert run.outcome == "timeout"
    opened(run.figures[0])


def test_figures_of_a_prepared_container() -> None:
    with DockerSandbox(SandboxPolicy()) as sandbox:
        sandbox.prepare()
        run = sandbox.run(
            "import matplotlib.pyplot as plt\nfrom matplotlib.animation import ArtistAnimation\n"
            "fig, ax = plt.subplots()\n"
            "frames = [ax.plot([0, i]) for i in range(3)]\n"
            "anim = ArtistAnimation(fig, frames); anim.save('a.gif')\n"
            "plt.figure(); plt.title('left'); plt.plot([1])\nplt.gcf()"
        )
    assert run.error is None
    assert len({opened(figure).tobytes() for figure in run.figures}) == 2


def test_a_given_plotly_figure_comes_back_only_if_the_code_changed_it(
    sandbox: DockerSandbox,
) -> None:
    express = pytest.importorskip("plotly.express")
    given = {"fig": express.line(y=[1, 2]), "other": express.line(y=[3, 4])}
    run = sandbox.run("fig.update_layout(title='new')\nn = len(other.data)", given)
    assert run.changed_inputs == ("fig",)
    assert len(run.figures) == 1
    assert json.loads(run.figures[0].data)["layout"]["title"]["text"] == "new"


def test_a_figure_that_cannot_be_rendered_is_named(sandbox: DockerSandbox) -> None:
    run = sandbox.run("import matplotlib.pyplot as plt\nplt.plot([1]); plt.title('$x^$')")
    assert run.outcome == "ok"
    assert run.figures == ()
    assert "figure '$x^$' could not be rendered" in run.detail
