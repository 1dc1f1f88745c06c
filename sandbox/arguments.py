"""What a run is given: checked before anything starts, then encoded as the container's job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.errors import SandboxError, VariableError
from sandbox.policy import SandboxPolicy
from sandbox.runner.shared import frames
from sandbox.runner.shared.naming import type_name, with_article
from sandbox.variables.bundle import VariableBundle, check_variable_name

JOB_FOLDER = "/job"
"""Where the container finds the files its variables refer to."""
MAX_SOURCE_BYTES = frames.MAX_HEADER_BYTES * 7 // 8
"""Limit of code and checks together, as encoded in the message."""


def check_arguments(code: Any, variables: Any, checks: Any, on_output: Any) -> None:
    """Check the types and sizes of what a run is given.

    Raises:
        SandboxError: an argument has the wrong type, or is too long.
    """
    for name, source in (("code", code), ("checks", checks)):
        if not isinstance(source, str) and (name == "code" or source is not None):
            raise SandboxError(f"{name} must be Python source as a str, not {_kind(source)}")
    size = len(json.dumps([code, checks]))
    if size > MAX_SOURCE_BYTES:
        raise SandboxError(
            f"code and checks take {size} bytes, over the limit of {MAX_SOURCE_BYTES};"
            " pass data as variables"
        )
    if variables is not None and not isinstance(variables, (Mapping, VariableBundle)):
        raise SandboxError(
            f"variables must map names to values, such as {{'df': df}}, not {_kind(variables)}"
        )
    if on_output is not None and not callable(on_output):
        raise SandboxError(f"on_output must be a function, not {_kind(on_output)}")


def names_to_return(returns: Sequence[str] | None) -> list[str] | None:
    """Return the requested names without duplicates; None: all new or changed variables.

    Raises:
        SandboxError: it isn't a sequence of names.
        VariableNameError: a name isn't an identifier.
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


def job_message(
    code: str,
    bundle: VariableBundle,
    returns: list[str] | None,
    checks: str | None,
    policy: SandboxPolicy,
    *,
    session: bool = False,
    save: bool = False,
) -> bytes:
    """Encode the job: what to run, with which variables, and how much may come back.

    ``session``: other jobs follow. ``save``: all variables come back.

    Raises:
        VariableError: there are too many variables for one message.
    """
    job = {
        "type": "job",
        "code": code,
        "checked": bool(checks),
        "session": session,
        "save": save,
        "returns": returns,
        "variables": bundle.to_json(),
        "folder": JOB_FOLDER,
        "limits": {
            "max_result_bytes": policy.max_result_bytes,
            "max_figures": policy.max_figures,
            "max_variables": policy.max_variables,
            "timeout_s": policy.timeout_s,
        },
    }
    try:
        # The body goes to the checks' process alone.
        body = (checks or "").encode("utf-8", "surrogatepass")
        return frames.pack_message(job, len(body)) + body
    except frames.FrameError as error:
        raise VariableError(
            f"{len(bundle.variables)} variables in {len(bundle.buffers)} buffers, together with"
            f" the code, are too many for one run ({error}); combine some of them"
        ) from error


def _kind(value: object) -> str:
    return with_article(type_name(value))
