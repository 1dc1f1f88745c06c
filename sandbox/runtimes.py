"""The engine's container runtimes, and whether one can hold a policy's limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.errors import SandboxUnavailableError

if TYPE_CHECKING:
    from sandbox.engine import EngineFacts
    from sandbox.policy import SandboxPolicy

_ADD_GVISOR = (
    'with Debian\'s package `runsc`: {"runtimes": {"runsc": {"path": "/usr/bin/runsc",'
    ' "runtimeArgs": ["--platform=ptrace", "--network=none"]}}}'
)


@dataclass(frozen=True, slots=True)
class Runtime:
    """One runtime, by the name the engine knows it by; none: the engine's default."""

    name: str | None
    is_gvisor: bool = False
    """gVisor answers system calls with a kernel of its own, which differs from Linux."""
    ignores_cgroups: bool = False
    """It was set up not to have the host's kernel hold limits on memory, CPU and processes."""


def runtimes_of(info: Mapping[str, Any]) -> dict[str, Runtime]:
    """Read an engine's runtimes from what it says about itself."""
    return {
        name: _runtime(name, details or {})
        for name, details in sorted((info.get("Runtimes") or {}).items())
    }


def usable_runtime(facts: EngineFacts, policy: SandboxPolicy) -> Runtime:
    """Find the runtime a policy's runs get, before anything is started.

    Raises:
        SandboxUnavailableError: the engine does not have it, or it cannot hold the limits.
    """
    if facts.cannot_limit:
        raise SandboxUnavailableError(
            f"the container engine cannot limit {' and '.join(facts.cannot_limit)}; use one"
            " that runs as root, or rootless with cgroup v2 and its controllers delegated"
        )
    name = policy.runtime or facts.default_runtime
    # Engines since 23 start a shim by its full name without having been told of it.
    if name in facts.runtimes:
        runtime = facts.runtimes[name]
    elif policy.runtime and facts.runtimes and not name.startswith("io.containerd."):
        raise SandboxUnavailableError(
            f"the container engine has no runtime {name!r}, only {', '.join(facts.runtimes)};"
            " choose one of these, or install it, name it in the engine's daemon.json and restart"
            f" the engine, for gVisor {_ADD_GVISOR}"
        )
    else:
        runtime = _runtime(name, {})
    if runtime.ignores_cgroups and policy.cpus < facts.ncpu:
        raise SandboxUnavailableError(
            f"the runtime {name!r} cannot hold a run to {policy.cpus:g} of the engine's"
            f" {facts.ncpu} cores, since it was set up with --ignore-cgroups; take that out of its"
            f" runtimeArgs in the engine's daemon.json, or give runs all {facts.ncpu} cores (cpus)"
        )
    return runtime


def _runtime(name: str, details: Mapping[str, Any]) -> Runtime:
    words = (name, details.get("path"), details.get("runtimeType"))
    said = " ".join(str(one) for one in words).lower()
    arguments = {str(one).lstrip("-") for one in details.get("runtimeArgs") or ()}
    return Runtime(
        name,
        is_gvisor="runsc" in said or "gvisor" in said,
        ignores_cgroups=not arguments.isdisjoint({"ignore-cgroups", "ignore-cgroups=true"}),
    )
