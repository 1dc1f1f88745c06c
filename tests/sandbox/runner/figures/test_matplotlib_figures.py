"""Figures that are shown, saved, displayed or left open, drawn by real libraries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.runner.figures.pictured import COLOURS, PYPLOT, run
from tests.sandbox.runner.program import LIMITS


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


AXES_OF_A_CLOSED_FIGURE = (
    "def report(c):\n    draw(c); ax = plt.gca(); plt.close()\n    return [1], ax\n"
)


@pytest.mark.parametrize(
    "held",
    [
        "result = report('r')",
        "records, ax = report('r')",
        "plots = {'all': [[report('r')[1]]]}",
        "import numpy as np; plots = np.array([report('r')[1]])",
        "fig = report('r')[1].figure",
        "draw('r'); lines = plt.gca().get_lines(); fig = plt.gcf(); plt.close()",
        "from matplotlib.figure import Figure; fig = Figure((2, 2), facecolor='r'); fig.subplots()",
    ],
)
def test_a_closed_figure_that_a_variable_holds(tmp_path: Path, held: str) -> None:
    done = run(tmp_path, COLOURS + AXES_OF_A_CLOSED_FIGURE + held)
    assert done.colours == "r"
    assert done.notes == []
    assert done.error is None


@pytest.mark.parametrize("seen", ["plt.show()", "plt.savefig('a.png')", "display(plt.gcf())"])
def test_a_held_figure_that_was_seen_is_not_taken_again(tmp_path: Path, seen: str) -> None:
    code = f"draw('r'); fig = plt.gcf(); {seen}; ax = fig.axes; plt.close(); held = [fig, ax]"
    assert run(tmp_path, COLOURS + code).colours == "r"


def test_a_grid_and_a_subfigure_of_a_closed_figure(tmp_path: Path) -> None:
    code = (
        "import seaborn as sns, pandas as pd\n"
        "grid = sns.catplot(data=pd.DataFrame({'a': [1]}), x='a'); plt.close()\n"
        "inner = plt.figure().subfigures(1, 2)[0].subplots(); plt.close()"
    )
    done = run(tmp_path, PYPLOT + code)
    assert (len(done.pictures), done.notes) == (2, [])


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
def test_other_backends_and_magics_work_like_agg(tmp_path: Path, line: str) -> None:
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


def test_figures_made_before_an_exception_come_back(tmp_path: Path) -> None:
    done = run(tmp_path, COLOURS + "draw('r'); plt.show()\ndraw('g')\n1 / 0")
    assert done.error is not None
    assert done.error["name"] == "ZeroDivisionError"
    assert done.colours == "rg"


def test_a_warning_while_rendering_is_printed_once(tmp_path: Path) -> None:
    code = "import warnings; warnings.simplefilter('error')\n"
    code += (
        "for i in range(2):\n    plt.figure(); plt.plot([i]); plt.title('\\u65e5'); plt.show()\n"
    )
    done = run(tmp_path, PYPLOT + code)
    assert len(done.images) == 2
    assert done.stderr.count("Glyph 26085") == 1
    assert ".py" not in done.stderr


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
    assert len(last.images) == 4  # the area plot is no longer the final expression
