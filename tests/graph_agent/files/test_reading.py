"""Options of a reading, and its one line."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.errors import RequestError
from graph_agent.files.reading import Reading, ReadOptions


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"separator": ";;"}, "';;'"),
        ({"separator": ""}, "''"),
        ({"separator": '"'}, "one ASCII character"),
        ({"separator": "§"}, "one ASCII character"),
        ({"decimal": "x"}, "'x'"),
        ({"encoding": "utf-9"}, "'utf-9'"),
        ({"encoding": "base64"}, "'base64'"),
        ({"encoding": "a\0b"}, "not a known encoding"),
    ],
)
def test_unusable_options(options: dict[str, Any], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        ReadOptions(**options)


@pytest.mark.parametrize("name", ["tab", "\\t", "\t"])
def test_a_tab_has_several_names(name: str) -> None:
    assert ReadOptions(separator=name).separator == "\t"


def test_the_line_about_a_file() -> None:
    reading = Reading()
    assert reading.note("d.csv") is None
    reading.assumed += ["cp1252", "separator ';'"]
    reading.remark_columns([], "never said")
    reading.remark_columns(["a", "b", "c", "d", "e"], "kept as text")
    assert reading.note("d.csv") == (
        "d.csv: read as cp1252, separator ';'; columns 'a', 'b', 'c' and 2 more kept as text"
    )
