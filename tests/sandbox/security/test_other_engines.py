"""The same proofs on Podman and with gVisor: nothing fails there either."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sandbox import SandboxPolicy
from sandbox.security.guarantees import GUARANTEES
from sandbox.security.proofs import Proof, prove
from sandbox.security.selection import SELECTION
from tests.sandbox.containers.test_gvisor import RUNTIMES
from tests.sandbox.engine.podman_engine import podman_engine
from tests.sandbox.engine.second_engine import IMAGE, second_engine

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (hasattr(os, "geteuid") and os.geteuid() == 0) or not shutil.which("unshare"),
        reason="starting another engine takes root and unshare",
    ),
]


OF_THE_SMALL_IMAGE = ("new-privileges",)
"""Unlike the real one, the tests' small image has its setuid files still."""


def failed(proofs: list[Proof], attacks: int = len(SELECTION)) -> dict[str, str]:
    assert len(proofs) == len(GUARANTEES) + attacks + 1
    return {
        proof.id: proof.evidence
        for proof in proofs
        if proof.status == "failed" and proof.id not in OF_THE_SMALL_IMAGE
    }


@pytest.mark.skipif(not shutil.which("runsc"), reason="gVisor is missing: `make test-servers`")
def test_gvisor(monkeypatch: pytest.MonkeyPatch) -> None:
    with second_engine(None, RUNTIMES) as (engine, _):
        monkeypatch.setenv("DOCKER_HOST", engine.address)
        for runtime in RUNTIMES:
            cpus = float(os.cpu_count() or 1)
            policy = SandboxPolicy(runtime=runtime, cpus=cpus, memory="512m")
            alone = runtime == "runsc-alone"
            # Without cgroups, gVisor's limits are others, and all else is the same.
            attacks = [a for a in SELECTION if a.kind == "exhaustion"] if alone else SELECTION
            proofs = list(prove(policy, attacks=attacks, image=IMAGE))
            assert failed(proofs, len(attacks)) == {}
            absent = {proof.id for proof in proofs if proof.status == "absent"}
            assert ("cpu" in absent) == alone


@pytest.mark.skipif(not shutil.which("podman"), reason="Podman is missing: `make test-servers`")
def test_podman(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with podman_engine(tmp_path) as (engine, _):
        monkeypatch.setenv("DOCKER_HOST", engine.address)
        proofs = list(prove(SandboxPolicy(memory="512m"), image=IMAGE))
        assert failed(proofs) == {}
