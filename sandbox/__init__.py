"""Runs model-written Python in disposable, locked-down containers.

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
        EngineUnreachableError,
        ImageBuildError,
        ImageMissingError,
        PayloadError,
        PolicyError,
        SandboxError,
        SandboxUnavailableError,
        UnsendableVariableError,
        VariableError,
        VariableNameError,
        VariableStoreError,
    )
    from sandbox.policy import SandboxPolicy
    from sandbox.protocol import Sandbox
    from sandbox.records import Execution, ExecutionError, Figure, Outcome
    from sandbox.store import VariableStore

__all__ = [
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
    "UnsendableVariableError",
    "VariableError",
    "VariableNameError",
    "VariableStore",
    "VariableStoreError",
]

_ROOMS = {
    "DockerSandbox": "docker_sandbox",
    "Sandbox": "protocol",
    "SandboxPolicy": "policy",
    "VariableStore": "store",
    **dict.fromkeys(("Execution", "ExecutionError", "Figure", "Outcome"), "records"),
}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: the engine's SDK is slow to load."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"sandbox.{_ROOMS.get(name, 'errors')}"), name)
