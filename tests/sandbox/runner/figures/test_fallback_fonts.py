"""Text in other scripts, drawn in real containers: each character has a glyph of its own."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from sandbox import DockerSandbox
from sandbox.records import Execution
from sandbox.runner.figures.fallback_fonts import FallbackFonts

pytestmark = pytest.mark.docker
SCRIPTS = {
    "Chinese, simplified": "数据分析：销售额（万元）",
    "Chinese, traditional": "數據圖表風險，嘅喺",
    "Japanese": "データ分析 ひらがな 売上高々",
    "Korean": "한국어 매출 데이터 뷁",
    "Hindi": "हिन्दी प्रतिशत क्षेत्र ज़्यादा।",
    "Thai": "ข้อมูลที่นี่ ๑๒๓",
    "Arabic": "مبيعات الشهر ٢٠٢٤ لا",
    "Persian and Urdu": "فارسی گچپژ ٹڈے ۱۲",
    "Hebrew": "מכירות שלום־עולם שָׁלוֹם",
    "Bengali": "বাংলা বিক্রয় ক্ষেত্র",
    "Tamil": "தமிழ் விற்பனை கோ",
    "Telugu": "తెలుగు అమ్మకాలు",
    "Kannada": "ಕನ್ನಡ ಮಾರಾಟ",
    "Malayalam": "മലയാളം വിൽപ്പന",
    "Gujarati": "ગુજરાતી વેચાણ",
    "Punjabi": "ਪੰਜਾਬੀ ਵਿਕਰੀ",
    "Odia": "ଓଡ଼ିଆ ବିକ୍ରୟ",
    "Sinhala": "සිංහල විකුණුම් ක්‍ර",
    "Burmese": "မြန်မာ ရောင်းအား",
    "Khmer": "ខ្មែរ ការលក់",
    "Lao": "ລາວ ການຂາຍ",
    "Georgian": "ქართული გაყიდვები",
    "Armenian": "Հայերեն վաճառք",
    "Amharic": "አማርኛ ሽያጭ",
    "Greek": "Ελληνικά Πωλήσεις ᾧ",
    "Cyrillic": "Русский Қазақша Ґ Љ",
    "Vietnamese": "Tiếng Việt Doanh số ẠỆỮ",
    "emoji": "😀🚀✅📈🎉❤️👍🏽🇩🇪👩‍💻",
    "signs": "①★☎♥→⇒∑≤㎡℃¥€₹₿₩№™½",
}
DRAW = """
import io, warnings
import matplotlib.pyplot as plt, numpy as np

def picture(text, **options):
    figure = plt.figure(figsize=(6, 0.6))
    figure.text(0.02, 0.3, text, fontsize=16, **options)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba()).copy()
    plt.close(figure)
    return pixels
"""


@pytest.fixture(scope="module")
def drawn(sandbox: DockerSandbox) -> Execution:
    """Each character of each script alone, compared with one that no font has."""
    return sandbox.run(
        DRAW + "plt.rcParams['font.enable_last_resort'] = False\n"
        "def same(a, b): return np.array_equal(picture(a), picture(b))\n"
        "boxes = {}\n"
        "for name, text in scripts.items():\n"
        "    letters = {c for c in text if c.isalnum()}\n"
        "    with warnings.catch_warnings(record=True) as caught:\n"
        "        warnings.simplefilter('always')\n"
        "        picture(text)\n"
        "        missing = [str(w.message) for w in caught if 'missing' in str(w.message)]\n"
        "    with warnings.catch_warnings():\n"
        "        warnings.simplefilter('ignore')\n"
        "        boxes[name] = ([c for c in letters if same(c, '\\U0010abcd')], missing)\n",
        variables={"scripts": SCRIPTS},
        returns=["boxes"],
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_character_has_a_glyph(drawn: Execution, script: str) -> None:
    assert drawn.outcome == "ok", drawn.error
    assert drawn.variables["boxes"][script] == ([], [])


STYLES = {
    "seaborn's theme": "import seaborn as sns; sns.set_theme()",
    "a style sheet": "plt.style.use('ggplot')",
    "the defaults": "plt.rcdefaults()",
    "an unknown family": "plt.rcParams['font.family'] = 'Arial'",
    "another family": "plt.rcParams['font.family'] = 'serif'",
    "a family of formulas": "plt.rcParams['font.family'] = 'STIXGeneral'",
    "a font that Chinese programs name": "plt.rcParams['font.sans-serif'] = ['SimHei']",
}


def test_no_style_takes_the_fonts_away(sandbox: DockerSandbox) -> None:
    code = (
        "import sys\nimport matplotlib.pyplot as plt\n"
        "for name, style in styles.items():\n    print(name, file=sys.stderr)\n"
        "    with plt.rc_context():\n        exec(style)\n        fig, ax = plt.subplots()\n"
        "        ax.bar(['东京', 'बिक्री'], [1, 2])\n        ax.set_title('المبيعات Ж ✅')\n"
        "        plt.show()"
    )
    run = sandbox.run(code, {"styles": STYLES})
    assert (run.outcome, len(run.figures)) == ("ok", len(STYLES)), run
    assert "missing" not in run.stderr  # which names the style before


def test_arabic_is_joined_and_runs_from_right_to_left(sandbox: DockerSandbox) -> None:
    run = sandbox.run(
        DRAW + "same = lambda a, b: np.array_equal(picture(a), picture(b))\n"
        "apart = chr(0x200c)  # keeps letters from joining\n"
        "joined = not same('بيت', apart.join('بيت'))\n"
        "left_to_right = chr(0x202d) + '{}' + chr(0x202c)\n"
        "reversed_order = same('אבג', left_to_right.format('גבא'))\n"
        "conjunct = not same('क्ष', 'क् ष')\n",
        returns=["joined", "reversed_order", "conjunct"],
    )
    assert dict(run.variables) == {"joined": True, "reversed_order": True, "conjunct": True}


def test_latin_text_looks_as_before(sandbox: DockerSandbox) -> None:
    run = sandbox.run(
        DRAW + "from matplotlib import font_manager\n"
        "text = 'Sales in € (×1,000) – àéîõü ß'\n"
        "before = font_manager.FontManager._find_fonts_by_props\n"
        "changed = [picture(text, family=f) for f in ('sans-serif', 'serif', 'monospace')]\n"
        "font_manager.FontManager._find_fonts_by_props = before.__wrapped__\n"
        "same = [np.array_equal(p, picture(text, family=f))"
        " for p, f in zip(changed, ('sans-serif', 'serif', 'monospace'))]\n",
        returns=["same"],
    )
    assert run.variables["same"] == [True, True, True]


@pytest.mark.parametrize("fonts", ["dejavusans", "stix", "cm"])
def test_text_beside_a_formula(sandbox: DockerSandbox, fonts: str) -> None:
    code = f"import matplotlib.pyplot as plt\nplt.rcParams['mathtext.fontset'] = '{fonts}'\n"
    first, second = (
        sandbox.run(code + f"plt.plot([1]); plt.title('{text} ($m^2$)')")
        for text in ("面积", "体积")
    )
    assert "dummy" not in first.stderr
    pictures = [Image.open(io.BytesIO(run.figures[0].data)).convert("L") for run in (first, second)]
    assert pictures[0].size != pictures[1].size or ImageChops.difference(*pictures).getbbox()


def test_saved_files_contain_the_glyphs(sandbox: DockerSandbox) -> None:
    run = sandbox.run(
        "import matplotlib.pyplot as plt\nplt.plot([1]); plt.title('売上 ข้อมูล ($x$ 数)')\n"
        "plt.rcParams['pdf.fonttype'] = 42\n"
        "for kind in ('pdf', 'svg', 'eps'): plt.savefig(f'a.{kind}')\n"
        "plt.rcParams['pdf.fonttype'] = 3; plt.savefig('b.pdf')"
    )
    assert run.outcome == "ok", run.error
    assert "missing" not in run.stderr
    assert {"WenQuanYi", "NotoSansThai"} <= {
        name.decode() for name in re.findall(rb"WenQuanYi|NotoSansThai", run.files["a.pdf"])
    }
    assert b"WenQuanYi" in run.files["b.pdf"]
    assert b"WenQuanYi" in run.files["a.svg"]
    assert b"WenQuanYi" in run.files["a.eps"]


def test_many_fonts_and_threads_stay_within_the_limit_of_open_files(sandbox: DockerSandbox) -> None:
    run = sandbox.run(
        DRAW + "from concurrent.futures import ThreadPoolExecutor\n"
        "from matplotlib import font_manager\n"
        "families = sorted({font.name for font in font_manager.fontManager.ttflist})\n"
        "def draw(n):\n"
        "    for family in families[:20]:\n"
        "        font_manager.get_font(font_manager.fontManager._find_fonts_by_props("
        "font_manager.FontProperties(family=[family])))\n"
        "with ThreadPoolExecutor(6) as pool: list(pool.map(draw, range(6)))\n"
        "import os; files = len(os.listdir('/proc/self/fd'))",
        returns=["files"],
    )
    assert run.outcome == "ok", run.error
    assert run.variables["files"] < 600


def test_an_image_without_the_fonts_is_left_alone(tmp_path: Path) -> None:
    replaced: list[object] = []
    fonts = FallbackFonts(lambda *change: replaced.append(change), str(tmp_path))
    for hook in fonts.hooks().values():
        hook(None)
    assert replaced == []
