"""Types by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent.errors import RequestError
from graph_agent.type_names import TYPES, type_named


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bool", bool),
        ("DataFrame", pd.DataFrame),
        ("Series", pd.Series),
        ("ndarray", np.ndarray),
        ("list[float]", list[float]),
        ("list[list[str]]", list[list[str]]),
        ("", Any),
    ],
)
def test_a_type_by_its_name(name: str, kind: object) -> None:
    assert type_named(name) == kind


def test_every_listed_type_exists() -> None:
    assert all(isinstance(type_named(name), type) for name in TYPES)


@pytest.mark.parametrize("name", ["number", "list[]", "list[number]", "os.system"])
def test_an_unknown_type(name: str) -> None:
    with pytest.raises(RequestError, match="use one of"):
        type_named(name)
