"""The rule for names of variables that go into a run or come out of one."""

from __future__ import annotations

import keyword
import unicodedata

from sandbox.errors import VariableNameError

__all__ = ["check_variable_name", "is_variable_name"]


def check_variable_name(name: object) -> str:
    """Return ``name`` if generated code can use it as a global variable.

    Soft keywords such as ``match`` are ordinary names. Python reads every
    identifier in its NFKC form, so a name that is not in that form could never
    be found under its own spelling.

    Raises:
        VariableNameError: it is no string, no identifier, a keyword, starts
            with two underscores (reserved for Python and the runner), or is
            not in NFKC form.
    """
    if not isinstance(name, str):
        raise VariableNameError(name, f"is a {type(name).__name__}, not a string")
    if not name.isidentifier():
        raise VariableNameError(name)
    if keyword.iskeyword(name):
        raise VariableNameError(name, "is a Python keyword")
    if name.startswith("__"):
        raise VariableNameError(name, "starts with two underscores, which is reserved")
    normal = unicodedata.normalize("NFKC", name)
    if normal != name:
        raise VariableNameError(name, f"is read by Python as {normal!r}")
    return name


def is_variable_name(name: str) -> bool:
    """Whether generated code can use ``name`` as a global variable."""
    try:
        check_variable_name(name)
    except VariableNameError:
        return False
    return True
