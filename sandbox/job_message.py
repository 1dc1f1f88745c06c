"""The one message a container gets."""

from __future__ import annotations

from typing import Any

from sandbox.errors import VariableError
from sandbox.hardened import JOB_FOLDER
from sandbox.policy import SandboxPolicy
from sandbox.runner import frames
from sandbox.store import VariableBundle


def job_message(
    code: str,
    bundle: VariableBundle,
    returns: list[str] | None,
    checks: str | None,
    policy: SandboxPolicy,
) -> dict[str, Any]:
    """Say what is to be run, with which variables, and what may come back.

    Raises:
        VariableError: references to so many variables do not fit into a message.
    """
    job = {
        "type": "job",
        "code": code,
        "checks": checks,
        "returns": returns,
        "variables": bundle,
        "folder": JOB_FOLDER,
        "limits": {
            "max_result_bytes": policy.max_result_bytes,
            "max_figures": policy.max_figures,
            "max_variables": policy.max_variables,
            "timeout_s": policy.timeout_s,
        },
    }
    try:
        frames.pack_message(job)
    except frames.FrameError as error:
        raise VariableError(
            f"{len(bundle['variables'])} variables in {len(bundle['buffers'])} buffers, together"
            f" with the code, are too many for one run ({error}); put some together into one"
        ) from error
    return job
