"""Notebook lines that are no Python: models leave ``%matplotlib inline`` in their code."""

from __future__ import annotations

import ast
import re

# Only magics that configure plotting: leaving any other out would change what the code does.
_MAGIC = re.compile(r"^([ \t]*)%(?:matplotlib\b|config[ \t]+InlineBackend\b)[^\n]*", re.MULTILINE)


def without_magics(code: str) -> str:
    """Return ``code`` with plotting magics passed over, if that is what makes it Python.

    Line numbers stay as they are.
    """
    if _MAGIC.search(code) is None or _is_python(code):
        return code
    plain = _MAGIC.sub(r"\1pass", code)
    return plain if _is_python(plain) else code


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
