"""Reports in Markdown, JSON and HTML."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

from graph_agent.evaluation.journal import Journal
from graph_agent.evaluation.reports import REPORTS, write_reports
from graph_agent.evaluation.summary import summarized
from tests.graph_agent.evaluation.test_journal import SETUP, answered

HOSTILE = '<script src="http://evil.test/x.js"></script>|![x](http://evil.test)\u202e'


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_reports_show_hostile_text_as_text(tmp_path: Path) -> None:
    results = [answered(HOSTILE, category=HOSTILE, problem=HOSTILE)]
    summary = summarized(SETUP.model_copy(update={"suite": HOSTILE, "model": HOSTILE}), results)
    paths = write_reports(Journal(tmp_path), summary, results)
    assert [path.name for path in paths] == [*REPORTS]
    markdown, as_json, page = (path.read_text("utf-8") for path in paths)
    assert json.loads(as_json) == summary
    seen = _Tags()
    seen.feed(page)
    assert seen.tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "tr", "th",
        "td",
    }  # fmt: skip
    assert seen.attributes <= {"lang", "charset"}
    for text in (markdown, page):
        assert "<script" not in text
        assert "\u202e" not in text
    row = next(line for line in markdown.splitlines() if "right |" in line and "script" in line)
    assert row.replace("\\|", "").count("|") == 7
