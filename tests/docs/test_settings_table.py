"""The page lists every setting as it is."""

from __future__ import annotations

from tests.docs.settings_table import PAGE, shown, table


def test_the_page_is_current() -> None:
    fix = "run `python -m tests.docs.settings_table`"
    assert shown(PAGE.read_text("utf-8")) == table(), fix
    assert "None" not in table()
