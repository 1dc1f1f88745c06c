"""``display`` and IPython, as code written for notebooks uses them."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.runner.figures.pictured import COLOURS, run


def test_display_prints_anything_but_pictures(tmp_path: Path) -> None:
    code = (
        "import pandas as pd\ndisplay(pd.DataFrame({'a': [1]}), 'text')\ndisplay([1], display_id=1)"
    )
    done = run(tmp_path, code)
    assert done.stdout == "   a\n0  1\n'text'\n[1]\n"
    own = run(tmp_path, "def display(x): print('mine', x)\ndisplay(1)")
    assert own.stdout == "mine 1\n"


def test_code_for_ipython(tmp_path: Path) -> None:
    # This environment has IPython and the image doesn't: ask the last finder first.
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
    assert done.colours == "rr"  # as drawn, and as the file, which is cropped differently
    assert done.stdout == "# Title\n<b>x</b>\n"
