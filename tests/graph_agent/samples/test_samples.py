"""The sample data is the well-known tips data set."""

from __future__ import annotations

import pytest

from graph_agent.samples import load_tips, tips_path


def test_tips() -> None:
    tips = load_tips()
    assert tips.shape == (244, 7)
    assert list(tips) == ["total_bill", "tip", "sex", "smoker", "day", "time", "size"]
    assert tips["total_bill"].sum() == pytest.approx(4827.77)
    assert tips["tip"].sum() == pytest.approx(731.58)


def test_the_licence_is_next_to_the_data() -> None:
    text = tips_path().with_name("ATTRIBUTION").read_text(encoding="utf-8")
    assert "MIT License" in text
    assert "Copyright (c)" in text
