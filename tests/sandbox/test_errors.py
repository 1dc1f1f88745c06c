"""The error tree: as drawn, and with messages that reach LangGraph's clients."""

from __future__ import annotations

import inspect
import re

import sandbox
from sandbox import errors


def drawn_tree() -> dict[str, str]:
    """Read class → base from the docstring's drawing."""
    bases, path = {}, ["RuntimeError"]
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"    ([│ ]*(?:[├└]── )?)(\w+Error)", line):
            depth = len(match[1]) // 4 + 1
            bases[match[2]] = path[depth - 1]
            path[depth:] = [match[2]]
    return bases


def test_the_drawing_is_right_and_complete() -> None:
    classes = inspect.getmembers(errors, inspect.isclass)
    bases = {
        name: found.__base__.__name__ for name, found in classes if issubclass(found, Exception)
    }
    assert drawn_tree() == bases


def test_every_error_can_be_imported_from_the_package() -> None:
    assert {name for name in drawn_tree() if getattr(sandbox, name, None) is None} == set()


def test_the_message_lists_each_variable_with_its_reason() -> None:
    error = errors.UnsendableVariableError({"a": "it is a lock", "b": "it is a socket"})
    assert error.reasons == {"a": "it is a lock", "b": "it is a socket"}
    assert "'a': it is a lock; 'b': it is a socket" in str(error)
    assert "skip_unsendable=True" in str(error)
