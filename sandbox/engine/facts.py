"""What an engine says about itself, and which runtime a policy's runs get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.engine.unreachable import unreachable_message
from sandbox.errors import EngineUnreachableError, SandboxUnavailableError
from sandbox.policy import SandboxPolicy

if TYPE_CHECKING:
    import docker

_ADD_GVISOR = (
    'with Debian\'s package `runsc`: {"runtimes": {"runsc": {"path": "/usr/bin/runsc",'
    ' "runtimeArgs": ["--platform=ptrace", "--network=none"]}}}'
)


@dataclass(frozen=True, slots=True)
class Runtime:
    """A container runtime, by the engine's name for it; None is the engine's default."""

    name: str | None
    is_gvisor: bool = False
    """gVisor handles system calls in its own kernel, which differs from Linux."""
    ignores_cgroups: bool = False
    """Its configuration turns off the host kernel's limits on memory, CPU and processes."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine says about itself. ``arch`` as in image names: ``amd64``, ``arm64``."""

    version: str
    os: str
    arch: str
    cgroup_version: str
    runtimes: Mapping[str, Runtime]
    default_runtime: str
    ncpu: int
    memory_bytes: int
    storage: str
    is_podman: bool
    cannot_limit: tuple[str, ...]
    """Limits of a policy that this engine doesn't enforce."""
    security: frozenset[str] = frozenset()
    """What its kernel provides and it uses: ``seccomp``, ``apparmor``, ``selinux``, …"""


def engine_facts(client: docker.DockerClient) -> EngineFacts:
    """Ask an engine for its version, resources and runtimes.

    Raises:
        EngineUnreachableError: it stopped answering.
    """
    import docker.errors
    import requests.exceptions

    try:
        info, version = client.info(), client.version()
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineUnreachableError(unreachable_message(str(client.api.base_url), error)) from None
    components = version.get("Components") or ()
    return EngineFacts(
        version=str(version.get("Version", "")),
        os=str(version.get("Os", "")),
        arch=str(version.get("Arch", "")),
        cgroup_version=str(info.get("CgroupVersion", "1")),
        runtimes=runtimes_of(info),
        default_runtime=str(info.get("DefaultRuntime", "")),
        ncpu=int(info.get("NCPU", 1)),
        memory_bytes=int(info.get("MemTotal", 0)),
        storage=str(info.get("Driver", "")),
        is_podman=any("Podman" in component.get("Name", "") for component in components),
        cannot_limit=_cannot_limit(info),
        security=security_of(info),
    )


def runtimes_of(info: Mapping[str, Any]) -> dict[str, Runtime]:
    """Read an engine's runtimes from its answer to ``info``."""
    return {
        name: _runtime(name, details or {})
        for name, details in sorted((info.get("Runtimes") or {}).items())
    }


def usable_runtime(facts: EngineFacts, policy: SandboxPolicy) -> Runtime:
    """Find the runtime for a policy's runs, before anything is started.

    Raises:
        SandboxUnavailableError: the engine doesn't have it, or can't enforce the limits.
    """
    if facts.cannot_limit:
        raise SandboxUnavailableError(
            f"the container engine cannot limit {' and '.join(facts.cannot_limit)}; use one"
            " that runs as root, or rootless with cgroup v2 and its controllers delegated"
        )
    name = policy.runtime or facts.default_runtime
    # Since version 23 engines start a shim by its full name even if they don't list it.
    if name in facts.runtimes:
        runtime = facts.runtimes[name]
    elif policy.runtime and facts.runtimes and not name.startswith("io.containerd."):
        raise SandboxUnavailableError(
            f"the container engine has no runtime {name!r}, only {', '.join(facts.runtimes)};"
            " choose one of these, or install it, add it to the engine's daemon.json and restart"
            f" the engine, for gVisor {_ADD_GVISOR}"
        )
    else:
        runtime = _runtime(name, {})
    if runtime.ignores_cgroups and policy.cpus < facts.ncpu:
        raise SandboxUnavailableError(
            f"the runtime {name!r} cannot limit a run to {policy.cpus:g} of the engine's"
            f" {facts.ncpu} cores because its runtimeArgs contain --ignore-cgroups; remove it in"
            f" the engine's daemon.json, or give runs all {facts.ncpu} cores (cpus)"
        )
    return runtime


def _runtime(name: str, details: Mapping[str, Any]) -> Runtime:
    words = f"{name} {details.get('path')} {details.get('runtimeType')}".lower()
    arguments = {str(argument).lstrip("-") for argument in details.get("runtimeArgs") or ()}
    return Runtime(
        name,
        is_gvisor="runsc" in words or "gvisor" in words,
        ignores_cgroups=not arguments.isdisjoint({"ignore-cgroups", "ignore-cgroups=true"}),
    )


def security_of(info: Mapping[str, Any]) -> frozenset[str]:
    """Read names from options such as ``name=seccomp,profile=default``."""
    options = info.get("SecurityOptions") or ()
    return frozenset(str(option).split(",")[0].removeprefix("name=") for option in options)


def _cannot_limit(info: Mapping[str, Any]) -> tuple[str, ...]:
    limits = {"memory": "MemoryLimit", "processes": "PidsLimit"}
    # Rootless Podman with cgroup v1 accepts the limits, reports support, and ignores them.
    if info.get("Rootless") and str(info.get("CgroupVersion")) == "1":
        return tuple(limits)
    return tuple(name for name, key in limits.items() if info.get(key) is False)
