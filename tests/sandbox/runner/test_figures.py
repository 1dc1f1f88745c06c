"""Every picture the code makes, in the order it makes them; by real libraries, without Docker."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sandbox.runner import frames
from tests.sandbox.runner.program import LIMITS, Program

PYPLOT = "import matplotlib.pyplot as plt\n"
PLOTLY = "application/vnd.plotly.v1+json"
# One colour a picture: they are told apart, and their order is seen.
COLOURS = "import matplotlib.pyplot as plt\ndef draw(c):\n    plt.figure(); plt.gca().axis('off')\n"
COLOURS += "    plt.gca().imshow([[{'r': (1., 0, 0), 'g': (0, 1., 0), 'b': (0, 0, 1.)}[c]]])\n"


@dataclass
class Run:
    """What one job sent."""

    pictures: list[bytes]
    mimes: list[str]
    notes: list[str]
    stdout: str
    stderr: str
    error: dict[str, Any] | None

    @property
    def images(self) -> list[Image.Image]:
        """The pictures, decoded and none of them blank."""
        images = [Image.open(io.BytesIO(one)).convert("RGB") for one in self.pictures]
        for image in images:
            assert len(image.getcolors(1 << 24) or []) > 1, "a blank picture"
        return images

    @property
    def colours(self) -> str:
        """The colour in the middle of each picture."""
        middles = [one.getpixel((one.width // 2, one.height // 2)) for one in self.images]
        return "".join("rgb"[middle.index(max(middle))] for middle in middles)  # type: ignore[union-attr,arg-type]


def run(tmp_path: Path, code: str, **job: Any) -> Run:
    program = Program(tmp_path).serve(code, **{"returns": [], **job})
    figures = program.of_type("figure")
    finished = program.of_type("finished")[0][0]
    return Run(
        pictures=[body for _, body in figures],
        mimes=[header["mime"] for header, _ in figures],
        notes=finished["notes"],
        stdout=program.out[frames.STDOUT].decode(),
        stderr=program.out[frames.STDERR].decode(),
        error=finished["error"],
    )


def test_shown_saved_or_left_open_in_their_order(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        COLOURS + "draw('r'); plt.show()\n"
        "draw('g'); plt.savefig('a.png'); plt.savefig('a.pdf'); plt.savefig('a.svg'); plt.close()\n"
        "draw('b'); import io; plt.savefig(io.BytesIO(), dpi=300)\n"
        "draw('g')\nplt.figure()\nplt.gcf()",
    )
    assert done.colours == "rgbg"
    assert set(done.mimes) == {"image/png"}
    assert done.notes == []
    assert done.stderr == ""
    assert done.error is None


def test_closed_without_being_shown_or_saved(tmp_path: Path) -> None:
    done = run(tmp_path, COLOURS + "draw('r'); plt.close()\ndraw('g'); plt.clf()")
    assert done.pictures == []
    assert done.notes == []


def test_show_in_functions_loops_and_threads(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        COLOURS + "import threading\n"
        "def report(c):\n    draw(c); plt.show()\n"
        "for c in 'rg': report(c)\n"
        "worker = threading.Thread(target=report, args='b'); worker.start()\n",
    )
    assert done.colours == "rgb"


def test_the_same_plot_shown_twice_is_two_pictures(tmp_path: Path) -> None:
    done = run(tmp_path, COLOURS + "for _ in range(2):\n    draw('r'); plt.show()")
    assert done.colours == "rr"


def test_a_figure_that_changes_between_is_two_pictures(tmp_path: Path) -> None:
    code = PYPLOT + "fig, ax = plt.subplots(); ax.plot([1, 2]); fig.savefig('a.png')\n"
    assert len(run(tmp_path, code + "fig").pictures) == 1
    assert len(run(tmp_path, code + "ax.set_title('more')\nfig").pictures) == 2


@pytest.mark.parametrize("layout", ["constrained", "tight", "compressed", "none"])
def test_layouts_do_not_make_one_figure_two(tmp_path: Path, layout: str) -> None:
    code = f"fig, axes = plt.subplots(2, 3, layout={layout!r})\n"
    code += (
        "for ax in axes.flat:\n    ax.plot([1, 1e6]); ax.set(title='t', ylabel='long\\nlabel')\n"
    )
    code += "fig.suptitle('all'); fig.legend(['a'], loc='outside upper right')\n"
    code = code.replace("outside ", "" if layout in ("tight", "none") else "outside ")
    done = run(tmp_path, PYPLOT + code + "fig.savefig('a.png')\ndisplay(fig)\nplt.show()\nfig")
    assert len(done.images) == 1
    assert done.notes == []


@pytest.mark.parametrize(
    "last",
    ["fig", "ax", "[ax]", "ax.plot([3])", "plt.gcf()", "display(fig)", "fig.show()", "plt.show()"],
)
def test_a_final_expression_does_not_repeat_the_figure(tmp_path: Path, last: str) -> None:
    done = run(tmp_path, PYPLOT + "fig, ax = plt.subplots(); ax.plot([1, 2])\n" + last)
    assert len(done.images) == 1
    assert done.stderr == ""


def test_figures_without_pyplot(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "from matplotlib.figure import Figure\n"
        "from matplotlib.backends.backend_agg import FigureCanvasAgg\n"
        "def made(n):\n    f = Figure(); f.subplots().plot([1, n]); return f\n"
        "made(1).savefig('a.png')\n"
        "made(2).canvas.print_figure('b.png')\n"
        "FigureCanvasAgg(made(3)).print_png('c.png')\n"
        "made(4)",
    )
    assert len(done.images) == 4
    assert len(set(done.pictures)) == 4


def test_subfigures_and_a_figure_of_text_alone(tmp_path: Path) -> None:
    code = "fig = plt.figure(); left, right = fig.subfigures(1, 2); left.suptitle('only a title')\n"
    code += "other = plt.figure(); other.text(0.5, 0.5, 'words')\n"
    code += "empty = plt.figure(); empty.subfigures(1, 2)\n"
    assert len(run(tmp_path, PYPLOT + code).images) == 2


@pytest.mark.parametrize(
    "line",
    [
        "import matplotlib; matplotlib.use('TkAgg')",
        "import matplotlib; matplotlib.rcParams['backend'] = 'QtAgg'",
        "import matplotlib.pyplot as plt; plt.switch_backend('TkAgg')",
        "import matplotlib.pyplot, matplotlib; matplotlib.use('nbagg')",
        "import matplotlib; matplotlib.use('pdf')",
        "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
        "if True:\n    %matplotlib notebook",
        "import matplotlib.pyplot as plt; plt.ion()",
    ],
)
def test_backends_and_magics_are_as_good_as_agg(tmp_path: Path, line: str) -> None:
    done = run(tmp_path, f"{line}\n{COLOURS}draw('g'); plt.show()\ndraw('b')")
    assert done.error is None
    assert done.colours == "gb"
    assert done.stderr == ""


def test_pausing_and_showing_without_blocking_leave_the_figure_open(tmp_path: Path) -> None:
    code = "fig, ax = plt.subplots(); ax.plot([1, 2])\n"
    code += "for i in range(3):\n    ax.plot([i, 3]); plt.pause(0.01)\n"
    done = run(tmp_path, PYPLOT + code + "plt.show(block=False)\nprint(plt.get_fignums())")
    assert len(done.images) == 1
    assert done.stdout == "[1]\n"


def test_style_and_colours_of_the_code_are_kept(tmp_path: Path) -> None:
    code = "plt.style.use('dark_background')\nplt.rcParams['figure.dpi'] = 50\n"
    code += "plt.figure(figsize=(4, 2)); plt.plot([1, 2])"
    image = run(tmp_path, PYPLOT + code).images[0]
    assert image.getpixel((0, 0)) == (0, 0, 0)
    assert 150 < image.width < 250


def test_huge_figures_are_made_to_fit(tmp_path: Path) -> None:
    code = "plt.figure(figsize=(10, 8), dpi=2400); plt.plot([1, 2]); plt.title('sharp')\n"
    code += "plt.figure(figsize=(1e4, 1e4)); plt.plot([1]); plt.title('vast')\n"
    code += "plt.figure(); plt.plot([1]); plt.text(50, 1, 'far away')"
    done = run(tmp_path, PYPLOT + code)
    sharp, plain = (Image.open(io.BytesIO(one)).size for one in done.pictures)
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


def test_figures_made_before_an_exception_come_back(tmp_path: Path) -> None:
    done = run(tmp_path, COLOURS + "draw('r'); plt.show()\ndraw('g')\n1 / 0")
    assert done.error is not None
    assert done.error["name"] == "ZeroDivisionError"
    assert done.colours == "rg"


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


def test_a_warning_while_rendering_is_said_once(tmp_path: Path) -> None:
    code = "import warnings; warnings.simplefilter('error')\n"
    code += (
        "for i in range(2):\n    plt.figure(); plt.plot([i]); plt.title('\\u65e5'); plt.show()\n"
    )
    done = run(tmp_path, PYPLOT + code)
    assert len(done.images) == 2
    assert done.stderr.count("Glyph 26085") == 1
    assert ".py" not in done.stderr


def test_too_many_figures(tmp_path: Path) -> None:
    code = "for i in range(7):\n    plt.figure(); plt.plot([i]); plt.savefig('a.png')"
    done = run(tmp_path, PYPLOT + code)
    assert len(done.pictures) == 5
    assert done.notes == ["only the first 5 figures were kept"]


def test_figures_count_as_results(tmp_path: Path) -> None:
    code = (
        COLOURS + "draw('r'); plt.show()\nimport numpy as np; plt.imshow(np.random.rand(999, 999))"
    )
    limits = {**LIMITS, "max_result_bytes": 60_000}
    done = run(tmp_path, code, limits=limits)
    assert done.colours == "r"
    assert "bytes was dropped" in done.notes[0]


def test_a_picture_is_sent_before_the_code_is_killed(tmp_path: Path) -> None:
    code = COLOURS + "draw('r'); plt.show()\nimport os; os.kill(os.getpid(), 9)"
    program = Program(tmp_path).serve(code)
    assert len(program.of_type("figure")) == 1
    assert program.exit_report["code"] == -9


def test_children_take_no_pictures(tmp_path: Path) -> None:
    code = COLOURS + "draw('r')\nimport os\nchild = os.fork()\n"
    code += (
        "if child == 0:\n    plt.savefig('a.png'); plt.show(); os._exit(0)\nos.waitpid(child, 0)"
    )
    assert run(tmp_path, code).colours == "r"


def test_seaborn_and_pandas(tmp_path: Path) -> None:
    code = """
import numpy as np, pandas as pd, seaborn as sns
df = pd.DataFrame({"a": range(9), "b": np.arange(9) ** 2, "c": list("xyz") * 3})
sns.heatmap(df[["a", "b"]]); display(df.shape)
sns.relplot(df, x="a", y="b", col="c").figure.savefig("grid.png")
sns.jointplot(df, x="a", y="b")
sns.pairplot(df[["a", "b"]])
sns.clustermap(df[["a", "b"]])
df.plot(title="all")
df.hist()
pd.plotting.scatter_matrix(df[["a", "b"]])
df.plot.bar(x="c", y="b")
"""
    done = run(tmp_path, code, limits={**LIMITS, "max_figures": 20})
    assert len(done.images) == 9
    assert done.notes == []
    assert done.error is None


def test_seaborn_objects(tmp_path: Path) -> None:
    code = """
import pandas as pd, seaborn.objects as so
plot = so.Plot(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), x="a", y="b")
plot.add(so.Line()).show()
plot.add(so.Dot()).save("dots.png")
display(plot.add(so.Bar()))
plot.add(so.Area()).plot()
"""
    done = run(tmp_path, code)
    assert len(done.images) == 4
    assert len(set(done.pictures)) == 4
    last = run(tmp_path, code + "plot.add(so.Range()).save('last.png')")
    assert len(last.images) == 4  # its area is no final expression any more


def test_plotly_is_shown_saved_displayed_or_left(tmp_path: Path) -> None:
    code = """
import plotly.express as px, plotly.graph_objects as go, plotly.io as pio
def titled(title):
    return px.bar(x=["a", "b"], y=[1, float("nan")], title=title)
titled("shown").show()
titled("saved").write_html("a.html")
pio.show({"data": [{"type": "bar", "y": [1]}], "layout": {"title": {"text": "plain"}}})
left = titled("left")
_private = titled("private")
fig = titled("final"); fig.update_layout(width=300, height=200)
same = fig
fig.show()
empty = go.Figure()
fig
"""
    done = run(tmp_path, code, limits={**LIMITS, "max_figures": 9})
    titles = [json.loads(one)["layout"]["title"]["text"] for one in done.pictures]
    assert titles == ["shown", "saved", "plain", "final", "left"]
    assert set(done.mimes) == {PLOTLY}
    assert done.error is None
    assert done.notes == []


def test_pandas_with_plotly(tmp_path: Path) -> None:
    code = "import pandas as pd; pd.options.plotting.backend = 'plotly'\n"
    done = run(tmp_path, code + "pd.Series([1, 2]).plot()")
    assert done.mimes == [PLOTLY]


def test_images_and_what_draws_itself(tmp_path: Path) -> None:
    code = """
import io
from PIL import Image
def striped(mode):
    image = Image.new("RGB", (40, 20), "red"); image.paste("blue", (0, 0, 20, 20))
    return image.convert(mode)
striped("RGB").show()
for mode in ("P", "CMYK", "F"):
    display(striped(mode))
class Photo:
    def _repr_jpeg_(self):
        buffer = io.BytesIO(); striped("RGB").save(buffer, "JPEG"); return buffer.getvalue()
class Broken:
    def _repr_png_(self): raise ValueError
    def __repr__(self): return "broken"
display(Photo(), Broken())
striped("L")
"""
    done = run(tmp_path, code, limits={**LIMITS, "max_figures": 9})
    assert done.mimes == ["image/png"] * 4 + ["image/jpeg", "image/png"]
    assert {one.size for one in done.images} == {(40, 20)}
    assert done.stdout == "broken\n"
    assert done.error is None


def test_display_prints_what_is_no_picture(tmp_path: Path) -> None:
    code = (
        "import pandas as pd\ndisplay(pd.DataFrame({'a': [1]}), 'text')\ndisplay([1], display_id=1)"
    )
    done = run(tmp_path, code)
    assert done.stdout == "   a\n0  1\n'text'\n[1]\n"
    own = run(tmp_path, "def display(x): print('mine', x)\ndisplay(1)")
    assert own.stdout == "mine 1\n"


def test_code_for_ipython(tmp_path: Path) -> None:
    # This environment has IPython, which the image lacks: ask the last finder first.
    code = "import sys\nclass Hidden:\n    def find_spec(self, name, path=None, target=None):\n"
    code += "        if name.startswith('IPython'):\n"
    code += "            return sys.meta_path[-1].find_spec(name)\n"
    code += "sys.meta_path.insert(0, Hidden())\n"
    code += "from IPython import get_ipython\nassert get_ipython() is None\n"
    code += "from IPython.display import HTML, Image, Markdown, display\n"
    code += COLOURS + "draw('r'); plt.savefig('a.png'); plt.close()\n"
    code += "display(Image('a.png'), Image(filename='a.png'), Image(open('a.png', 'rb').read()))\n"
    code += "display(Markdown('# Title')); display(HTML('<b>x</b>'))"
    done = run(tmp_path, code)
    assert done.error is None
    assert done.colours == "rr"  # as drawn, and as the file, cropped otherwise
    assert done.stdout == "# Title\n<b>x</b>\n"


def test_nothing_is_imported_that_the_code_did_not_import(tmp_path: Path) -> None:
    code = "import sys\nnames = {one.partition('.')[0] for one in sys.modules}\n"
    code += "print(sorted(names & {'matplotlib', 'plotly', 'PIL', 'seaborn', 'numpy', 'pandas'}))"
    assert run(tmp_path, code).stdout == "[]\n"
    code = "import importlib.util\nassert importlib.util.find_spec('plotly.io')\n"
    code += "import plotly.express as px\npx.line(y=[1, 2]).show()"
    assert run(tmp_path, code).mimes == [PLOTLY]


def test_a_module_of_the_codes_own_with_such_a_name(tmp_path: Path) -> None:
    code = "import os, sys\nos.makedirs('plotly', exist_ok=True)\n"
    code += "open('plotly/__init__.py', 'w').close()\n"
    code += "open('plotly/basedatatypes.py', 'w').write('x = 1')\n"
    code += "from plotly.basedatatypes import x\nprint(x)"
    done = run(tmp_path, code)
    assert done.stdout == "1\n"
    assert "were not watched" in done.notes[0]
