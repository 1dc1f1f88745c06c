"""The cell in which code is approved."""

from __future__ import annotations

import pytest

from graph_agent.errors import RequestError
from graph_agent.notebook.approval_cell import answer_from, cell_text
from graph_agent.records import ApprovalRequest

REQUEST = ApprovalRequest(attempt=1, code="# mine\nx = 1\n", reasons=["writes\na file"])


def body(text: str) -> str:
    return text.partition("\n")[2]


def test_the_cell_begins_with_its_magic_and_says_why() -> None:
    text = cell_text(REQUEST, "t1", "m")
    assert text.startswith("%%codegen_approve t1 --model m\n#")
    assert "# - writes a file\n" in text
    assert "# %codegen_reject --thread t1 --model m " in text
    assert "--model" not in cell_text(REQUEST, "t1", None)


def test_unchanged_code_is_approved_and_changed_code_is_an_edit() -> None:
    text = body(cell_text(REQUEST, "t1", None))
    assert answer_from(text, REQUEST).decision == "approve"
    assert answer_from("# mine\nx = 1", REQUEST).decision == "approve"
    edited = answer_from(text.replace("x = 1", "x = 2"), REQUEST)
    assert (edited.decision, edited.code) == ("edit", "# mine\nx = 2\n")
    with pytest.raises(RequestError, match="does not parse"):
        answer_from(text.replace("x = 1", "x = ("), REQUEST)


def test_hidden_characters_are_seen_and_what_runs_is_what_was_seen() -> None:
    hidden = ApprovalRequest(attempt=1, code="x = 'a\u202eb'\n")
    text = cell_text(hidden, "t1", None)
    assert "x = 'a\\u202eb'" in text
    assert answer_from(body(text), hidden).code == "x = 'a\\u202eb'\n"


def test_a_reason_cannot_leave_its_comment() -> None:
    risky = ApprovalRequest(attempt=1, code="x", reasons=["a\u2028b\rimport os\x85c"])
    lines = cell_text(risky, "t1", None).split("\n")
    assert all(line.startswith("#") for line in lines[1 : lines.index("x")])
