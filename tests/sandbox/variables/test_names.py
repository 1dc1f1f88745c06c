"""The rule for variable names."""

from __future__ import annotations

import pytest

from sandbox.errors import VariableNameError
from sandbox.variables.bundle import check_variable_name, is_variable_name


@pytest.mark.parametrize("name", ["tips", "_x", "_", "match", "type", "größe", "数据", "print"])
def test_identifiers_are_accepted(name: str) -> None:
    assert check_variable_name(name) == name
    assert is_variable_name(name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is not a Python identifier"),
        ("1st", "is not a Python identifier"),
        ("my data", "is not a Python identifier"),
        ("a.b", "is not a Python identifier"),
        ("a\n", "is not a Python identifier"),
        ("class", "is a Python keyword"),
        ("None", "is a Python keyword"),
        ("__builtins__", "starts with two underscores"),
        ("__x", "starts with two underscores"),
        ("ﬁt", "is read by Python as 'fit'"),
        (3, "is a int, not a string"),
        (None, "is a NoneType, not a string"),
    ],
)
def test_other_names_are_refused_with_the_reason(name: object, why: str) -> None:
    with pytest.raises(VariableNameError) as caught:
        check_variable_name(name)
    assert caught.value.name == name
    assert str(caught.value).startswith(f"variable name {name!r} {why}")
    assert "rename it" in str(caught.value)
