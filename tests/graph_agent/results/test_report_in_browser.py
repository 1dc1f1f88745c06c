"""The report in a real browser; its pictures stay in the test's folder, or in $REPORT_PICTURES."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from graph_agent import AgentWorkflow, CodeGenerationRequest
from graph_agent.samples import load_tips
from sandbox import DockerSandbox
from tests.browser import Page, chromium, open_page
from tests.scripted_model import ScriptedModel, fenced, verdict

RUNS = "document.documentElement.dataset.hacked = 1"
HOSTILE = f"</pre><script>{RUNS}</script><img src=x onerror='{RUNS}'><svg onload='{RUNS}'>"
CODE = f"""\
import matplotlib.pyplot as plt
print({HOSTILE!r})
shown = tips.groupby("day", observed=True)[["tip"]].mean().assign(note={HOSTILE!r})
shown.tip.plot.bar(); plt.show()
shown
"""
WIDE, NARROW = 1_000, 360


@pytest.fixture(scope="module")
def report(sandbox: DockerSandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    model = ScriptedModel(
        codes=[fenced("1 / 0"), fenced(CODE)],
        verdicts=[verdict(False, why=HOSTILE), verdict(True, why=HOSTILE)],
    )
    request = CodeGenerationRequest(f"Tips by day {HOSTILE}", {"tips": load_tips()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODEGEN_AGENT_STATE", str(folder / "state"))
        AgentWorkflow(request, model, sandbox=sandbox).run_sync().save(folder)
    return folder / "report.html"


@pytest.fixture(scope="module")
def page(report: Path) -> Iterator[Page]:
    if chromium() is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with open_page(report.parent / "profile") as page:
        page.open(report)
        yield page


@pytest.fixture
def pictures(report: Path) -> Path:
    folder = Path(os.environ.get("REPORT_PICTURES") or report.parent / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def brightness(picture: Path) -> int:
    """Return how bright the page's ground is, 0 to 255."""
    with Image.open(picture) as image:
        value = image.convert("L").getpixel((3, 3))
    assert isinstance(value, int)
    return value


@pytest.mark.parametrize(("scheme", "darkest", "brightest"), [("light", 240, 255), ("dark", 0, 60)])
def test_it_is_light_or_dark_as_the_reader_wants(
    page: Page, pictures: Path, scheme: str, darkest: int, brightest: int
) -> None:
    page.look(width=WIDE, scheme=scheme)
    assert darkest <= brightness(page.picture(pictures / f"{scheme}.png")) <= brightest
    contrast = page.run(CONTRAST)
    assert contrast, "there is code to look at"
    assert min(contrast) >= 3, "text that can hardly be read"


def test_it_fits_on_a_telephone(page: Page, pictures: Path) -> None:
    page.look(width=NARROW)
    page.picture(pictures / "narrow.png")
    assert page.run("document.documentElement.scrollWidth") <= NARROW


def test_it_prints_dark_on_white_and_shows_all_attempts(page: Page, pictures: Path) -> None:
    page.look(width=WIDE, scheme="dark", media="print")
    assert brightness(page.picture(pictures / "print.png")) >= 240
    assert page.run("[...document.querySelectorAll('details')].every(each => each.open)")
    assert min(page.run(CONTRAST)) >= 3


def test_all_that_a_reader_looks_for_is_seen(page: Page) -> None:
    page.look(width=WIDE)
    text = page.run("document.body.innerText")
    for part in ("Answer", "ZeroDivisionError", "How to repeat it", "judged by", HOSTILE):
        assert part in text
    assert page.run("document.images.length") == 1
    assert page.run("document.images[0].naturalWidth") > 300
    assert page.run("document.querySelectorAll('table td').length") > 4


def test_hostile_text_does_not_run(page: Page, report: Path) -> None:
    assert page.run("document.documentElement.dataset.hacked") is None
    assert page.run("document.scripts.length") == 0
    control = report.with_name("control.html")
    control.write_text(f"<!DOCTYPE html><body><pre>{HOSTILE}</pre></body>")
    page.open(control)
    assert page.run("document.documentElement.dataset.hacked") == "1", "the test would see it"
    page.open(report)


CONTRAST = """(() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(part => part / 255)
      .map(part => part <= 0.04 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      const alpha = colour.startsWith('rgba') ? Number(colour.match(/[\\d.]+/g)[3]) : 1;
      if (alpha > 0.5) return colour;
    }
    const isDark = matchMedia('screen and (prefers-color-scheme: dark)').matches;
    return isDark ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)';
  };
  return [...document.querySelectorAll('pre, pre span, td, th, p, summary')]
    .filter(element => element.textContent.trim()).map(element => {
    const [one, two] = [getComputedStyle(element).color, ground(element)].map(light);
    return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  });
})()"""
"""The contrast of each piece of text with what is behind it, as WCAG 2 defines it."""
