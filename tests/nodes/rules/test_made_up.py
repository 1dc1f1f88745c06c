"""Which expressions make data up."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.made_up import made_up


def found(code: str, request: str = "Add it up") -> str | None:
    result = made_up(ast.parse(code, mode="eval").body, request)
    return None if result is None else result.how


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("[1, 2, 3]", "written into the code"),
        ("pd.DataFrame({'a': [1]})", "written into the code"),
        ("pd.read_csv('x.csv')", "read_csv"),
        ("np.random.rand(3)", "random numbers"),
        ("range(10)", "range"),
        ("px.data.iris()", "sample data set"),
        ("load_iris()", "load_iris"),
        ("pd.read_csv(io.StringIO('a\\n1'))", "read_csv"),
    ],
)
def test_made_up(code: str, how: str) -> None:
    assert how in (found(code) or "")


@pytest.mark.parametrize("code", ["[]", "[0, 0]", "df.dropna()", "{}", "x + y", "f(x)", "''"])
def test_not_made_up(code: str) -> None:
    assert found(code) is None


@pytest.mark.parametrize(
    ("code", "request_text"),
    [
        ("[4, 5]", "Sum 4 and 5"),
        ("range(3)", "The first three"),
        ("[0.25]", "A rate of 25%"),
    ],
)
def test_what_the_request_gives_is_not_made_up(code: str, request_text: str) -> None:
    assert found(code, request_text) is None
    assert found(code) is not None


def test_reading_may_fail() -> None:
    read = made_up(ast.parse("pd.read_csv('x')", mode="eval").body, "")
    written = made_up(ast.parse("[1]", mode="eval").body, "")
    assert read is not None
    assert read.may_fail
    assert written is not None
    assert not written.may_fail
