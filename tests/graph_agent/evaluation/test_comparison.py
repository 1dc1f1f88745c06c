"""Two evaluations compared on the same questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.errors import RequestError
from graph_agent.evaluation.comparison import compared, comparison_table
from graph_agent.evaluation.journal import Answered, Journal
from tests.graph_agent.evaluation.test_journal import SETUP, answered


def stored(folder: Path, results: list[Answered]) -> Path:
    """Write an evaluation."""
    journal = Journal(folder)
    journal.start(SETUP)
    for each in results:
        journal.add(each)
    return folder


def test_paired_differences(tmp_path: Path) -> None:
    first = [answered(str(number), right=number < 4, seconds=2.0) for number in range(10)]
    second = [answered(str(number), right=number > 1, seconds=3.0) for number in range(9)]
    found = compared(stored(tmp_path / "a", first), stored(tmp_path / "b", second))
    assert found["questions"] == 9
    right = found["differences"]["right"]
    assert (right["first"]["count"], right["second"]["count"]) == (4, 7)
    assert (right["only_first"], right["only_second"]) == (2, 5)
    assert right["difference"] == pytest.approx(3 / 9)
    assert right["low"] < 3 / 9 < right["high"]
    assert right["p"] == pytest.approx(0.453125)
    rows = {row[0]: row for row in comparison_table(found).rows}
    assert rows["right"][1:4] == ("44.4 %", "77.8 %", "+33.3 points")
    assert rows["median seconds"][1:4] == ("2.0", "3.0", "1.50 times")
    assert rows["silently wrong"][3] == "-33.3 points"


def test_only_equal_questions_are_pairs(tmp_path: Path) -> None:
    first = stored(tmp_path / "a", [answered("q", digest="one")])
    second = stored(tmp_path / "b", [answered("q", digest="other")])
    with pytest.raises(RequestError, match="no question in common"):
        compared(first, second)
    with pytest.raises(RequestError, match="no evaluation"):
        compared(first, tmp_path / "nowhere")
