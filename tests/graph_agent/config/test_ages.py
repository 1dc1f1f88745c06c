"""Ages as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from graph_agent.config.ages import parse_age


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("30d", timedelta(days=30)),
        (" 1.5h", timedelta(minutes=90)),
        ("8W", timedelta(weeks=8)),
        ("45 m", timedelta(minutes=45)),
        ("0s", timedelta(0)),
        ("99999999999999999999d", timedelta(days=36_500)),
        ("9" * 400 + "w", timedelta(days=36_500)),
    ],
)
def test_an_age(text: str, age: timedelta) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "30 days", "1e3d", "٣d", "nan d"])
def test_no_age(text: str) -> None:
    with pytest.raises(ValueError, match="30d"):
        parse_age(text)
