"""Creates a container with everything taken away that a policy does not give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sandbox.engine import EngineFacts
from sandbox.image.labels import ROLE_LABEL
from sandbox.policy import SandboxPolicy
from sandbox.runtimes import usable_runtime

JOB_FOLDER = "/job"
SCRATCH_FOLDER = "/tmp"  # noqa: S108  # the container's own, in memory
SCRATCH_INODES = 65536
UID = 1000
GVISOR_CAPABILITIES = ("KILL", "SETGID", "SETPCAP", "SETUID")
"""Of process 1 alone, in gVisor's kernel alone: to start the worker without any, and end it."""
GVISOR_TASKS = 256
GVISOR_TASKS_PER_PROCESS = 8
"""What gVisor takes of the host's processes for its own use, and for each one inside."""


def create(
    client: Any,
    image: str,
    policy: SandboxPolicy,
    job: Any,
    labels: Mapping[str, str],
    preload: str,
    engine: EngineFacts,
    name: str,
) -> str:
    """Create a container with everything taken away that a policy does not give.

    ``job`` is the mount of the folder or the volume with the job's files; ``name`` is
    the container's until it gets another.

    Raises:
        SandboxUnavailableError: the engine lacks the policy's runtime.
    """
    from docker.types import LogConfig, Ulimit

    api = client.api
    cpus = min(policy.cpus, float(engine.ncpu))
    gvisor = usable_runtime(engine, policy).is_gvisor
    variables = environment(policy, preload, cpus)
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
        pids_limit=_host_tasks(policy) if gvisor else policy.pids,
        read_only=True,
        runtime=policy.runtime,
        security_opt=["no-new-privileges:true"],
        shm_size=policy.scratch_bytes,
        tmpfs=_tmpfs(policy, engine.is_podman),
        ulimits=[
            Ulimit(name=name, soft=most, hard=most)
            for name, most in _user_limits(policy, gvisor).items()
        ],
    )
    created = api.create_container(
        image,
        environment=variables | (_gvisor_variables(policy) if gvisor else {}),
        host_config=host_config,
        labels={ROLE_LABEL: "run", **labels},
        name=name,
        network_disabled=True,
        stdin_open=True,
        tty=False,
        user="0:0" if gvisor else f"{UID}:{UID}",
        working_dir=SCRATCH_FOLDER,
    )
    return str(created["Id"])


def _user_limits(policy: SandboxPolicy, gvisor: bool) -> dict[str, int]:
    limits = {"core": 0, "fsize": policy.max_file_bytes, "nofile": 1024}
    if gvisor:  # counts those of this sandbox, less process 1 and the worker it started
        limits["nproc"] = max(1, policy.pids - 2)
    return limits


def _host_tasks(policy: SandboxPolicy) -> int:
    """Bound what gVisor takes of the host, which would end it all: reached after ``nproc``."""
    return GVISOR_TASKS + GVISOR_TASKS_PER_PROCESS * policy.pids


def _gvisor_variables(policy: SandboxPolicy) -> dict[str, str]:
    """List what process 1, which is root there, has to see to itself."""
    return {
        "CODEGEN_WATCHED_MEMORY_BYTES": str(policy.memory_bytes),
        "CODEGEN_WORKER_USER": str(UID),
    }


def _tmpfs(policy: SandboxPolicy, is_podman: bool) -> dict[str, str]:
    scratch = f"size={policy.scratch_bytes},mode=1777,nosuid,nodev,noexec"
    if not is_podman:
        return {SCRATCH_FOLDER: f"{scratch},nr_inodes={SCRATCH_INODES}"}
    # Podman refuses a limit on files; their memory counts all the same. To a read-only root it
    # adds places that can be written and executed, unless something else is there.
    closed = "ro,size=64k,mode=0755,nosuid,nodev,noexec"
    return {SCRATCH_FOLDER: scratch, "/run": closed, "/var/tmp": closed}  # noqa: S108


def environment(policy: SandboxPolicy, preload: str, cpus: float) -> dict[str, str]:
    """List the variables process 1 reads, and the thread counts that follow from ``cpus``.

    Libraries count the machine's cores; more threads than the policy gives only
    wait for each other and eat up ``pids``.
    """
    threads = str(max(1, math.ceil(cpus)))
    names = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")
    return {
        "CODEGEN_JOB_FOLDER": JOB_FOLDER,
        "CODEGEN_MAX_OUTPUT_BYTES": str(policy.max_output_bytes),
        "CODEGEN_MAX_RESULT_BYTES": str(policy.max_result_bytes),
        "CODEGEN_PRELOAD": preload,
        "HOME": SCRATCH_FOLDER,
        "POLARS_MAX_THREADS": threads,
        **{f"{name}_NUM_THREADS": threads for name in names},
    }
