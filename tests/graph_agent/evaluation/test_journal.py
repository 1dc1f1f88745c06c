"""What an evaluation keeps on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.errors import OutputError, RequestError
from graph_agent.evaluation.journal import RESULTS_FILE, SETUP_FILE, Answered, Journal, Setup, Tried
from graph_agent.runs.starts import check_thread_id
from tests.graph_agent.evaluation.small_suites import question

SETUP = Setup(
    run="abc", version="1", suite="s", questions={"q": "d"}, model="m", candidates=1, max_attempts=3
)


def answered(
    id_: str = "q", *, solved: bool = True, right: bool = True, **more: object
) -> Answered:
    """Make the result of a question with one attempt."""
    tried = Tried(number=1, outcome="ok", success=solved, right=right)
    fields: dict[str, object] = {"digest": "d", "category": "c", "thread_id": f"t-{id_}"}
    return Answered(id=id_, solved=solved, **{"attempts": [tried], **fields, **more})  # type: ignore[arg-type]  # by name


def test_what_was_written_is_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new" / "folder")
    assert journal.setup() is None
    assert journal.answered() == []
    journal.start(SETUP)
    for id_ in ("a", "b\nc"):
        journal.add(answered(id_))
    assert journal.setup() == SETUP
    assert journal.answered() == [answered("a"), answered("b\nc")]


def test_a_line_that_a_kill_cut_off_is_removed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add(answered("a"))
    with (tmp_path / RESULTS_FILE).open("a") as file:
        file.write('{"id": "b", "dig')
    assert journal.answered() == [answered("a")]
    journal.add(answered("c"))
    assert journal.answered() == [answered("a"), answered("c")]


@pytest.mark.parametrize("name", [SETUP_FILE, RESULTS_FILE])
def test_files_of_something_else(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"other": 1}\n')
    journal = Journal(tmp_path)
    with pytest.raises(RequestError, match=name):
        journal.setup() if name == SETUP_FILE else journal.answered()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="--out"):
        Journal(tmp_path / "file").start(SETUP)


@pytest.mark.parametrize(
    ("solved", "right", "verdict"),
    [
        (True, True, "right"),
        (True, False, "silently wrong"),
        (False, True, "reported as failed"),
        (False, False, "reported as failed"),
    ],
)
def test_verdicts(solved: bool, right: bool, verdict: str) -> None:
    assert answered(solved=solved, right=right).verdict == verdict


def test_any_question_has_a_usable_thread() -> None:
    check_thread_id(SETUP.thread_of(question("../HumanEval/0 ü")))
