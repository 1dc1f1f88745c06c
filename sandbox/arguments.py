"""Looks at what a run is given before anything is pickled or started."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.errors import SandboxError
from sandbox.names import check_variable_name
from sandbox.runner.encoding.naming import type_name, with_article
from sandbox.runner.frames import MAX_HEADER_BYTES

MAX_SOURCE_BYTES = MAX_HEADER_BYTES * 7 // 8
"""Of code and checks together, as they are written in the job's one message."""


def check_arguments(code: Any, variables: Any, checks: Any, on_output: Any) -> None:
    """Refuse what no run can be made of.

    Raises:
        SandboxError: an argument is of another type, or too long.
    """
    for name, source in (("code", code), ("checks", checks)):
        if source is None and name == "checks":
            continue
        if not isinstance(source, str):
            raise SandboxError(f"{name} must be Python source as a str, not {_kind(source)}")
    size = len(json.dumps([code, checks]))
    if size > MAX_SOURCE_BYTES:
        raise SandboxError(
            f"code and checks take {size} bytes, over the limit of {MAX_SOURCE_BYTES};"
            " hand data over as variables"
        )
    if variables is not None and not isinstance(variables, Mapping):
        raise SandboxError(
            f"variables must map names to values, such as {{'df': df}}, not {_kind(variables)}"
        )
    if on_output is not None and not isinstance(on_output, Callable):  # type: ignore[arg-type]
        raise SandboxError(f"on_output must be a function, not {_kind(on_output)}")


def names_to_return(returns: Sequence[str] | None) -> list[str] | None:
    """Return the names asked for, each once; None: all that is new or changed.

    Raises:
        SandboxError: they are no sequence of names.
        VariableNameError: one is no identifier.
    """
    if returns is None:
        return None
    if isinstance(returns, (str, bytes, Mapping)):
        raise SandboxError(f"returns must be a list of names, such as ['total'], not {returns!r}")
    try:
        names = list(returns)
    except TypeError:
        raise SandboxError(f"returns must be a list of names, not {_kind(returns)}") from None
    return list(dict.fromkeys(check_variable_name(name) for name in names))


def _kind(value: object) -> str:
    return with_article(type_name(value))
