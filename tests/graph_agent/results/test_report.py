"""The report: complete, escaped, and without anything that runs or is fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest
from graph_agent.config.settings import Settings
from graph_agent.results.report import readable_report, repeat_command, report_html
from sandbox import DockerSandbox
from tests.scripted_model import ScriptedModel, fenced, verdict

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"
CODE = f"""\
import matplotlib.pyplot as plt
# {HOSTILE!r}
print({HOSTILE!r})
table = df.assign(note={HOSTILE!r})
plt.plot([1, 2])
"""
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "section", "div", "h1", "h2", "h3", "p"),
    *("pre", "code", "span", "b", "small", "img", "details", "summary", "table", "thead", "tbody"),
    *("tr", "th", "td"),
}


class Tags(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def result(sandbox: DockerSandbox) -> Any:
    model = ScriptedModel(codes=[fenced(CODE)], verdicts=[verdict(True, why=HOSTILE)])
    request = CodeGenerationRequest(
        f"Show it {HOSTILE}", {"df": pd.DataFrame({"a": [1]})}, checks="assert len(table) == 1"
    )
    return AgentWorkflow(request, model, sandbox=sandbox).run_sync()


def test_a_page_has_all_of_a_run_and_runs_nothing(result: Any, tmp_path: Path) -> None:
    page = report_html(result, [("call 1: system", f"You are {HOSTILE}")])
    parsed = Tags(page)
    assert parsed.tags <= ALLOWED
    assert not [name for name, _ in parsed.attributes if name.startswith("on")]
    links = [value for name, value in parsed.attributes if name in ("src", "href")]
    assert links
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert not re.search(r"url\(|@import|https?:", page)
    assert "\u202e" not in page
    assert "\x1b" not in page
    for part in (
        *("Answer", "Code", "Checks", "How it got there", "Attempt 1", "How to repeat it"),
        *("What was sent to the model", "You are <script>", "assert len(table) == 1", "langgraph"),
    ):
        assert part in parsed.text
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert "default-src 'none'" in page
    assert "report.html" in {path.name for path in result.save(tmp_path)}


def test_without_a_readable_answer_there_is_none(result: Any, settings: Settings) -> None:
    for blob in (settings.state_dir / "variables" / "blobs").glob("??/*"):
        blob.unlink()
    assert readable_report(result) == ""


def test_the_command_that_repeats_a_run() -> None:
    state: Any = {
        "request": "Tip's sum; rm -rf /",
        "summaries": [{"name": "tips"}],
        "returns": ["total"],
        "setup": {"model": "gemini-2.5-pro"},
        "privacy": "schema",
    }
    assert repeat_command(state) == (
        "codegen-agent run 'Tip'\"'\"'s sum; rm -rf /' --var tips=FILE --return total"
        " --model gemini-2.5-pro --privacy schema"
    )
    assert "--after first" in repeat_command({**state, "setup": {"follows": "first"}})
