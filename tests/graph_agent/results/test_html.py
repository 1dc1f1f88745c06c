"""Results in a notebook: the answer first, and nothing hostile reaches the page."""

from __future__ import annotations

import base64
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

from graph_agent import CodeGenerationRequest
from sandbox import Figure
from tests.graph_agent.results.test_answer_text import result

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[2J"
PNG = Figure(b"\x89PNG", "image/png", 1, 1)


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_answer_comes_first() -> None:
    shown = result({"answer": 42}, figures=(PNG,))._repr_mimebundle_()
    assert shown["text/plain"].startswith("Answer: 42\nSolved after 1 attempt")
    page = Tags(shown["text/html"])
    assert page.text.startswith("Answer: 42")
    assert (
        "src",
        f"data:image/png;base64,{base64.b64encode(PNG.data).decode()}",
    ) in page.attributes


def test_a_table_is_a_table() -> None:
    frame = pd.DataFrame({"day": ["Sat"], "tip": [3.0]})
    page = Tags(result({"means": frame})._repr_mimebundle_()["text/html"])
    assert {"table", "td", "details"} <= page.tags
    assert page.text.startswith("Answer: 1 row × 2 columns")


@pytest.mark.parametrize(
    "value",
    [
        HOSTILE,
        [HOSTILE],
        {HOSTILE: HOSTILE},
        pd.DataFrame({HOSTILE: [HOSTILE]}, index=pd.Index([HOSTILE], name=HOSTILE)),
        pd.Series([HOSTILE], name=HOSTILE, index=[HOSTILE]),
    ],
)
def test_nothing_hostile_reaches_the_page(value: Any) -> None:
    shown = result({"answer": value}, stdout=HOSTILE)
    for bundle in (shown._repr_mimebundle_(), shown.attempts[0]._repr_mimebundle_()):
        page = Tags(bundle["text/html"])
        assert "script" not in page.tags
        assert "img" not in page.tags
        assert not any(name.startswith("on") for name, _ in page.attributes)
        for text in bundle.values():
            assert "\x1b" not in text
            assert "\u202e" not in text


def test_a_request_shows_types_and_no_values() -> None:
    request = CodeGenerationRequest(f"Go {HOSTILE}", {"secret": "4711"})
    bundle = request._repr_mimebundle_()
    assert "script" not in Tags(bundle["text/html"]).tags
    assert "secret: str" in bundle["text/plain"]
    assert not any("4711" in text for text in bundle.values())


def test_a_figure_shows_its_picture() -> None:
    assert PNG._repr_mimebundle_()["image/png"] == base64.b64encode(PNG.data).decode()
    plotly = Figure(b"{}", "application/vnd.plotly.v1+json", 1, 1, PNG)
    assert set(plotly._repr_mimebundle_()) == {"text/plain", "image/png"}
    bare = Figure(b"{}", "application/vnd.plotly.v1+json", 1, 1)
    assert set(bare._repr_mimebundle_()) == {"text/plain"}


FIRST_USE = """
import sys, threading
from graph_agent.results.html import code_html
from graph_agent.results.report import highlighted
sys.setswitchinterval(1e-6)
barrier, failed = threading.Barrier(16), []
def work(show):
    barrier.wait()
    try:
        show("x = 1")
    except Exception as error:
        failed.append(repr(error))
threads = [threading.Thread(target=work, args=(s,)) for s in (code_html, highlighted) * 8]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed[0]
"""


def test_code_is_shown_by_many_threads_at_once() -> None:
    """Pygments replaces its packages while they are imported."""
    subprocess.run([sys.executable, "-c", FIRST_USE], check=True, timeout=60)
