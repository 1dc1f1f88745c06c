"""Proves the guarantees one by one, each with what could be seen."""

from __future__ import annotations

import functools
import inspect
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine.connection import connect, engine_errors
from sandbox.engine.facts import engine_facts, usable_runtime
from sandbox.policy import SandboxPolicy
from sandbox.records import Execution
from sandbox.security import inside
from sandbox.security.attack import Attack, Attempted, how_it_ended, run_attacks
from sandbox.security.guarantees import check_all, private_folder
from sandbox.security.seen import Seen, Status
from sandbox.security.selection import SELECTION

SLOW_CPUS = 0.5
"""Less than any machine has, so that the limit can be seen."""
AT_ONCE = 2
LABEL = "security-proof"
MAX_LOOKS = 3
"""On a busy machine a container may be gone before the engine describes it: Podman removes it."""
LOOK = f"{inspect.getsource(inside)}\nprint('up', flush=True)\nfacts = look()"
PRIVATE = "only this user can enter the folder of values and runs"
NOTHING_LEFT = "every container is removed, however its run ended"


@dataclass(frozen=True)
class Proof:
    """One guarantee, its number in the CIS Docker Benchmark if it has one, and what was seen.

    ``absent``: this machine doesn't provide it; the evidence says what it takes.
    """

    id: str
    cis: str | None
    guarantee: str
    status: Status
    evidence: str


def prove(
    policy: SandboxPolicy,
    private: Sequence[Path] = (),
    attacks: Sequence[Attack] = SELECTION,
    image: str | None = None,
) -> Iterator[Proof]:
    """Prove every guarantee with real containers.

    Args:
        policy: the limits and the runtime to prove; attacks get tighter limits.
        private: folders that only this user may enter.
        attacks: what to try besides.
        image: the runner image's tag; None: the one this version builds.

    Raises:
        SandboxUnavailableError: there is no engine or no image.
    """
    with DockerSandbox(policy, image=image) as sandbox:
        sandbox.check()
    token = secrets.token_hex(8)
    seen, run = look(policy, token, image)
    for guarantee, (found, evidence) in check_all(seen):
        shown = evidence if run.ok else f"the probe did not run: {how_it_ended(run)}"
        yield Proof(guarantee.id, guarantee.cis or None, guarantee.text, found, shown)
    for folder in private:
        yield Proof("private-folder", None, PRIVATE, *private_folder(folder))
    limited = functools.partial(_limited, policy.runtime, token, image)
    for tried in run_attacks(limited, attacks, AT_ONCE):
        yield _proof_of(tried)
    left = _containers(token)
    status: Status = "failed" if left else "held"
    yield Proof("nothing-left", None, NOTHING_LEFT, status, f"{len(left)} containers are left")


def look(policy: SandboxPolicy, token: str, image: str | None = None) -> tuple[Seen, Execution]:
    """Look at a running container from inside, and by the engine's description of it."""
    engine = _engine(policy)
    if not engine["ignores_cgroups"]:
        policy = replace(policy, cpus=SLOW_CPUS)
    outside: dict[str, Any] = {}

    def describe(*_: object) -> None:
        outside.update(outside or next(iter(_containers(token)), {}))

    with DockerSandbox(policy, image=image, labels={LABEL: token}) as sandbox:
        for _ in range(MAX_LOOKS):
            run = sandbox.run(LOOK, returns=["facts"], on_output=describe)
            if outside:
                break
    return Seen(run.variables.get("facts") or {}, outside, policy, engine), run


def _engine(policy: SandboxPolicy) -> dict[str, Any]:
    """Describe the engine."""
    with closing(connect()) as client, engine_errors("describing the engine"):
        info, facts, parts = client.info(), engine_facts(client), client.version().get("Components")
    return {
        "cores": facts.ncpu,
        "ignores_cgroups": usable_runtime(facts, policy).ignores_cgroups,
        "runc": next((part["Version"] for part in parts or () if part["Name"] == "runc"), None),
        "security": info.get("SecurityOptions"),
        "swarm": (info.get("Swarm") or {}).get("LocalNodeState"),
    }


def _limited(runtime: str | None, token: str, image: str | None, **limits: Any) -> DockerSandbox:
    policy = SandboxPolicy(**{"runtime": runtime, **limits})
    return DockerSandbox(policy, image=image, labels={LABEL: token})


def _containers(token: str) -> list[dict[str, Any]]:
    """Describe the containers of one proof that exist now."""
    import docker.errors

    described = []
    with closing(connect()) as client, engine_errors("describing a container"):
        filters = {"label": f"org.codegen-agent.{LABEL}={token}"}
        for found in client.api.containers(all=True, filters=filters):
            try:
                described.append(client.api.inspect_container(found["Id"]))
            except docker.errors.NotFound:
                continue
    return described


def _proof_of(tried: Attempted) -> Proof:
    attack = tried.attack
    status: Status = "failed" if tried.achieved else "held"
    evidence = tried.achieved or tried.ended
    return Proof(attack.id, attack.cis or None, attack.guarantee, status, evidence)
