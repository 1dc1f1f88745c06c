"""What the host's kernel enforces on a container besides its limits: seccomp, AppArmor, SELinux."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine.facts import EngineFacts, Runtime

PROFILE_ARCHITECTURES = ("amd64", "arm64", "x86_64", "aarch64")
"""The machines that the profile is written for; others get the engine's default."""
APPARMOR_PROFILE = "docker-default"
SELINUX_TYPE = "container_t"


@dataclass(frozen=True, slots=True)
class Confinement:
    """What is in force for each container; a value starts with ``none`` if nothing is."""

    seccomp: str
    """``codegen-agent``, the project's own profile; or what there is instead."""
    apparmor: str
    selinux: str
    profile_by_path: bool = False
    """Podman reads the profile from a file, if it sees this machine's files."""

    def security_opt(self, *, own_profile: bool = True) -> list[str]:
        """Return what the engine is told at a container's creation."""
        options = ["no-new-privileges:true"]
        if own_profile and self.seccomp == "codegen-agent":
            profile = str(_profile_file()) if self.profile_by_path else seccomp_profile()
            options.append(f"seccomp={profile}")
        if self.apparmor == APPARMOR_PROFILE:
            options.append(f"apparmor={APPARMOR_PROFILE}")
        if self.selinux == SELINUX_TYPE:
            options.append(f"label=type:{SELINUX_TYPE}")
        return options

    def to_json(self) -> dict[str, str]:
        """Return what is in force, by mechanism."""
        return {"seccomp": self.seccomp, "apparmor": self.apparmor, "selinux": self.selinux}


def confinement(engine: EngineFacts, runtime: Runtime) -> Confinement:
    """Say what an engine will enforce on containers of a runtime."""
    return Confinement(
        _seccomp(engine, runtime),
        _module("apparmor", APPARMOR_PROFILE, engine),
        _module("selinux", SELINUX_TYPE, engine),
        profile_by_path=engine.is_podman,
    )


@functools.cache
def seccomp_profile() -> str:
    """Return the profile as the engine's API takes it."""
    return json.dumps(json.loads(_profile_file().read_text("utf-8")), separators=(",", ":"))


def _profile_file() -> Path:
    return Path(__file__).with_name("seccomp.json")


def _seccomp(engine: EngineFacts, runtime: Runtime) -> str:
    if runtime.is_gvisor:
        return "gVisor's own kernel, which has no such filter"
    if "seccomp" not in engine.security:
        return "none: the engine or its kernel has no seccomp"
    if engine.arch not in PROFILE_ARCHITECTURES:
        return f"the engine's default: there is no profile for {engine.arch}"
    return "codegen-agent"


def _module(name: str, ours: str, engine: EngineFacts) -> str:
    if name not in engine.security:
        return "none: the engine's host doesn't use it"
    return "Podman's default" if engine.is_podman else ours
