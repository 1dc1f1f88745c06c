"""The ready-made approver, at a prompt and in a real notebook kernel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from graph_agent.records import ApprovalAnswer, ApprovalRequest
from graph_agent.runs.approver import approval_text, ask

REPO = Path(__file__).parents[3]
REQUEST = ApprovalRequest(attempt=2, code="x = 2\n", diff="-x = 1\n+x = 2", reasons=["line 1: odd"])


def asked(*lines: str, edited: str | None = None) -> tuple[ApprovalAnswer, list[str]]:
    typed, shown = iter(lines), list[str]()
    answer = ask(REQUEST, lambda _: next(typed), shown.append, lambda code, _: edited)
    return answer, shown


@pytest.mark.parametrize("word", ["y", "Yes\n", " yes "])
def test_yes(word: str) -> None:
    assert asked("", "what?", word)[0].decision == "approve"


def test_an_unknown_word_is_told_what_may_be_typed() -> None:
    _, shown = asked("sure", "y")
    assert shown == ["Please type y (run it), e (edit it) or n (don't run it)."]


def test_no_asks_why() -> None:
    answer, _ = asked("n", " Too slow.\n")
    assert (answer.decision, answer.words) == ("reject", "Too slow.")


def test_edit() -> None:
    answer, _ = asked("e", edited="x = 3")
    assert (answer.decision, answer.code) == ("edit", "x = 3")


@pytest.mark.parametrize(
    ("edited", "says"), [("x = (", "does not parse"), (None, "was not changed"), ("", "needs")]
)
def test_an_invalid_edit_is_asked_again(edited: str | None, says: str) -> None:
    answer, shown = asked("e", "y", edited=edited)
    assert answer.decision == "approve"
    assert says in shown[0]


def test_control_characters_in_a_request_are_escaped() -> None:
    text = approval_text(REQUEST.model_copy(update={"code": "x = '\x1b[2J'", "problem": "No.\x07"}))
    assert "\x1b" not in text
    assert "\x07" not in text
    for part in ("Attempt 2 waits", "line 1: odd", "x = '\\x1b[2J'", "+x = 2", "No.\\x07"):
        assert part in text


SETUP = """
from graph_agent import AgentWorkflow, CodeGenerationRequest, ask_person
from tests.scripted_model import ScriptedModel, fenced, verdict
model = ScriptedModel(
    codes=[fenced("x = n"), fenced("x = n + 1")], verdicts=[verdict(True)]
)
request = CodeGenerationRequest("Go", {"n": 3}, approve="always")
workflow = AgentWorkflow(request, model, approver=ask_person)
"""


class Notebook:
    """A kernel, and a person who types lines."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client
        self.prompts: list[str] = []
        self.text = ""
        self.mimes: set[str] = set()

    def run(self, cell: str, lines: list[str]) -> dict[str, Any]:
        """Run a cell and return the reply's content."""
        typed = iter(lines)

        def type_line(message: dict[str, Any]) -> None:
            self.prompts.append(message["content"]["prompt"])
            self._client.input(next(typed))

        reply = self._client.execute_interactive(
            cell,
            allow_stdin=True,
            stdin_hook=type_line,
            output_hook=self._show,
            timeout=120,
        )
        return dict(reply["content"])

    def _show(self, message: dict[str, Any]) -> None:
        content = message["content"]
        self.text += content.get("text", "") + "\n".join(content.get("traceback", []))
        data = content.get("data", {})
        self.mimes |= set(data)
        self.text += data.get("text/plain", "")


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """A notebook on a real kernel that uses this test's state folder."""
    monkeypatch.setenv("PYTHONPATH", str(REPO))
    manager, client = start_new_kernel(kernel_name="python3", env=dict(os.environ))
    try:
        yield Notebook(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


# The kernel is another process; what it leaves open at shutdown isn't ours.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("run", ["workflow.run_sync()", "await workflow.run()"])
def test_in_a_notebook(notebook: Notebook, tmp_path: Path, run: str) -> None:
    edited = tmp_path / "edited.py"
    edited.write_text("x = n * 100\n")
    cell = f"{SETUP}\nresult = {run}\nprint(result.success, result.variables['x'])"
    done = notebook.run(cell, ["n", "Add one", "e", str(edited)])
    assert done["status"] == "ok", notebook.text
    assert "True 300" in notebook.text
    assert "Attempt 2 waits for you:" in notebook.text
    assert "+x = n + 1" in notebook.text
    assert "text/html" in notebook.mimes
    assert [prompt.split()[0] for prompt in notebook.prompts] == ["Run", "What", "Run", "File"]
