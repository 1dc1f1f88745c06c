"""The one message a container gets."""

from __future__ import annotations

from typing import Any

from sandbox.hardened import JOB_FOLDER
from sandbox.policy import SandboxPolicy
from sandbox.store import VariableBundle


def job_message(
    code: str,
    bundle: VariableBundle,
    returns: list[str] | None,
    checks: str | None,
    policy: SandboxPolicy,
) -> dict[str, Any]:
    """Say what is to be run, with which variables, and what may come back."""
    return {
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
