"""Run model-written Python in disposable, locked-down containers.

Usable alone, without any model::

    from sandbox import DockerSandbox, SandboxPolicy

    with DockerSandbox(policy=SandboxPolicy(timeout_s=60, memory="2g")) as sandbox:
        run = sandbox.run("total = df.a.sum()", variables={"df": df}, returns=["total"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.docker_sandbox import DockerSandbox
    from sandbox.errors import (
        ConfinedError,
        EngineUnreachableError,
        ImageBuildError,
        ImageMissingError,
        PayloadError,
        PolicyError,
        SandboxError,
        SandboxUnavailableError,
        SessionEndedError,
        UnsendableVariableError,
        VariableError,
        VariableNameError,
        VariableStoreError,
    )
    from sandbox.policy import SandboxPolicy
    from sandbox.protocol import Sandbox
    from sandbox.records import Execution, ExecutionError, Figure, Outcome
    from sandbox.session import SavedSession, Session
    from sandbox.variables.bundle import VariableBundle
    from sandbox.variables.store import VariableStore

__all__ = [
    "ConfinedError",
    "DockerSandbox",
    "EngineUnreachableError",
    "Execution",
    "ExecutionError",
    "Figure",
    "ImageBuildError",
    "ImageMissingError",
    "Outcome",
    "PayloadError",
    "PolicyError",
    "Sandbox",
    "SandboxError",
    "SandboxPolicy",
    "SandboxUnavailableError",
    "SavedSession",
    "Session",
    "SessionEndedError",
    "UnsendableVariableError",
    "VariableBundle",
    "VariableError",
    "VariableNameError",
    "VariableStore",
    "VariableStoreError",
]

_LAZY = {
    "DockerSandbox": "docker_sandbox",
    "Sandbox": "protocol",
    "SandboxPolicy": "policy",
    "VariableBundle": "variables.bundle",
    "VariableStore": "variables.store",
    **dict.fromkeys(("SavedSession", "Session"), "session"),
    **dict.fromkeys(("Execution", "ExecutionError", "Figure", "Outcome"), "records"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, because the engine's SDK loads slowly."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"sandbox.{_LAZY.get(name, 'errors')}"), name)
