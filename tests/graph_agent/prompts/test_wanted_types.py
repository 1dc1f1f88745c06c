"""What a prompt says about the types of a request's variables."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from graph_agent.prompts.task import type_hints, wanted_names
from graph_agent.return_types import described


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (bool, "answer must be True or False"),
        (int, "answer must be one whole number"),
        (float, "answer must be one number"),
        (str, "answer must be one label"),
        (list[str], "answer must be a plain list of labels"),
        (list[float], "answer must be a plain list of numbers"),
        (list, "answer must be a plain list."),
    ],
)
def test_a_common_type_gets_a_line(kind: Any, words: str) -> None:
    (line,) = type_hints(["answer"], {"answer": described(kind)})
    assert line.startswith(words)
    assert line.endswith(".")


def test_other_types_and_names_without_one_get_none() -> None:
    kinds = {"table": described(pd.DataFrame)}
    assert type_hints(["table", "other"], kinds) == []
    assert wanted_names(["table", "other"], kinds) == ["table (a pandas.DataFrame)", "other"]
