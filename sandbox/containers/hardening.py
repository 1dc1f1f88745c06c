"""Creates a container that can do no more than its policy and the kernel's filters allow."""

from __future__ import annotations

import functools
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.arguments import JOB_FOLDER
from sandbox.engine.facts import EngineFacts, Runtime, usable_runtime
from sandbox.image.spec import ROLE_LABEL
from sandbox.policy import SandboxPolicy

log = logging.getLogger(__name__)
SCRATCH_FOLDER = "/tmp"  # noqa: S108  # in the container's own memory
SCRATCH_INODES = 65536
UID = 1000
GVISOR_CAPABILITIES = ("KILL", "SETGID", "SETPCAP", "SETUID")
"""Of process 1 only, and in gVisor's kernel only: it starts the worker without any, and ends it."""
GVISOR_TASKS = 256
GVISOR_TASKS_PER_PROCESS = 8
"""How many of the host's tasks gVisor needs for itself, and for each process inside."""
PROFILE_FILE = Path(__file__).with_name("seccomp.json")
PROFILE_ARCHITECTURES = ("amd64", "arm64", "x86_64", "aarch64")
"""The machines that the profile is written for; others get the engine's default."""
APPARMOR_PROFILE = "docker-default"
SELINUX_TYPE = "container_t"


def create_hardened_container(
    client: Any,
    image: str,
    policy: SandboxPolicy,
    job: Any,
    labels: Mapping[str, str],
    preload: str,
    engine: EngineFacts,
    name: str,
) -> str:
    """Create a container that can do no more than its policy allows, and return its id.

    ``job`` is the mount of the job's files. ``name`` is its name until it gets another.

    Raises:
        SandboxUnavailableError: the engine doesn't have the policy's runtime.
    """
    from docker.types import LogConfig, Ulimit

    api = client.api
    cpus = min(policy.cpus, float(engine.ncpu))
    runtime = usable_runtime(engine, policy)
    gvisor, confined = runtime.is_gvisor, confinement(engine, runtime)
    variables = environment(policy, preload, cpus)
    if gvisor:  # there process 1 is root, and has to enforce these itself
        variables |= {
            "CODEGEN_WATCHED_MEMORY_BYTES": str(policy.memory_bytes),
            "CODEGEN_WORKER_USER": str(UID),
        }
    host_config = api.create_host_config(
        auto_remove=True,
        cap_add=list(GVISOR_CAPABILITIES) if gvisor else None,
        cap_drop=["ALL"],
        ipc_mode="private",
        log_config=LogConfig(type="none"),
        mem_limit=policy.memory_bytes,
        memswap_limit=policy.memory_bytes,
        mounts=[job],
        nano_cpus=int(cpus * 1e9),
        network_mode="none",
        # gVisor's ``nproc`` below is reached first: at this limit everything would end.
        pids_limit=GVISOR_TASKS + GVISOR_TASKS_PER_PROCESS * policy.pids if gvisor else policy.pids,
        read_only=True,
        runtime=policy.runtime,
        security_opt=confined.security_opt(),
        shm_size=policy.scratch_bytes,
        tmpfs=_tmpfs(policy, engine.is_podman),
        ulimits=[
            Ulimit(name=limit, soft=most, hard=most)
            for limit, most in _user_limits(policy, gvisor).items()
        ],
    )
    return _create(
        api,
        image,
        confined,
        environment=variables,
        host_config=host_config,
        labels={ROLE_LABEL: "run", **labels},
        name=name,
        network_disabled=True,
        stdin_open=True,
        tty=False,
        use_config_proxy=False,  # a proxy's address may contain a password
        user="0:0" if gvisor else f"{UID}:{UID}",
        working_dir=SCRATCH_FOLDER,
    )


def _create(api: Any, image: str, confined: Confinement, **options: Any) -> str:
    import docker.errors

    try:
        created = api.create_container(image, **options)
    except docker.errors.APIError as error:
        if not confined.profile_by_path or "seccomp profile" not in str(error):
            raise
        log.warning("Podman doesn't see the seccomp profile and uses its own: %s", error)
        options["host_config"]["SecurityOpt"] = confined.security_opt(own_profile=False)
        created = api.create_container(image, **options)
    return str(created["Id"])


def _user_limits(policy: SandboxPolicy, gvisor: bool) -> dict[str, int]:
    limits = {"core": 0, "fsize": policy.max_file_bytes, "nofile": 1024}
    if gvisor:  # it counts all but process 1 and the worker that it started
        limits["nproc"] = max(1, policy.pids - 2)
    return limits


def _tmpfs(policy: SandboxPolicy, is_podman: bool) -> dict[str, str]:
    scratch = f"size={policy.scratch_bytes},mode=1777,nosuid,nodev,noexec"
    if not is_podman:
        return {SCRATCH_FOLDER: f"{scratch},nr_inodes={SCRATCH_INODES}"}
    # Podman refuses a limit on the number of files; their memory counts anyway. It adds places
    # to a read-only root that can be written and executed, unless something is mounted there.
    closed = "ro,size=64k,mode=0755,nosuid,nodev,noexec"
    return {SCRATCH_FOLDER: scratch, "/run": closed, "/var/tmp": closed}  # noqa: S108


def environment(policy: SandboxPolicy, preload: str, cpus: float) -> dict[str, str]:
    """Return the settings process 1 reads, and how many threads libraries may start.

    Libraries count the machine's cores. More threads than ``cpus`` only wait for each other
    and use up ``pids``.
    """
    threads = str(max(1, math.ceil(cpus)))
    names = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")
    return {
        "CODEGEN_JOB_FOLDER": JOB_FOLDER,
        "CODEGEN_MAX_FILES": str(policy.max_files),
        "CODEGEN_MAX_FILES_BYTES": str(policy.files_bytes),
        "CODEGEN_MAX_OUTPUT_BYTES": str(policy.max_output_bytes),
        "CODEGEN_MAX_RESULT_BYTES": str(policy.max_result_bytes),
        "CODEGEN_PRELOAD": preload,
        "HOME": SCRATCH_FOLDER,
        "POLARS_MAX_THREADS": threads,
        **{f"{name}_NUM_THREADS": threads for name in names},
    }


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
            profile = str(PROFILE_FILE) if self.profile_by_path else seccomp_profile()
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
    return json.dumps(json.loads(PROFILE_FILE.read_text("utf-8")), separators=(",", ":"))


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
