"""Proofs of a real engine: those that hold, and those that don't."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import EngineUnreachableError, SandboxPolicy
from sandbox.security.attack import Attack
from sandbox.security.guarantees import GUARANTEES
from sandbox.security.proofs import Proof, prove
from sandbox.security.selection import TIGHT

ATTACKS = (
    Attack("held", "forgery", "x = 1", guarantee="it fails", cis="5.1", limits=TIGHT),
    Attack("failed", "forgery", "reached = 'it'", guarantee="it gets through", limits=TIGHT),
)


def test_every_guarantee_has_a_proof(tmp_path: Path) -> None:
    open_folder, private = tmp_path / "open", tmp_path / "private"
    open_folder.mkdir(mode=0o755)
    private.mkdir(mode=0o700)
    proofs = list(prove(SandboxPolicy(memory="512m"), [open_folder, private], ATTACKS))
    ids = [proof.id for proof in proofs]
    assert ids[: len(GUARANTEES)] == [guarantee.id for guarantee in GUARANTEES]
    rest = proofs[len(GUARANTEES) :]
    assert [(proof.id, proof.status) for proof in rest] == [
        ("private-folder", "failed"),
        ("private-folder", "held"),
        ("held", "held"),
        ("failed", "failed"),
        ("nothing-left", "held"),
    ]
    assert rest[3] == Proof("failed", None, "it gets through", "failed", "it")
    assert [proof.id for proof in proofs[: len(GUARANTEES)] if proof.status == "failed"] == []
    assert all(proof.evidence for proof in proofs)


def test_no_engine_is_an_error_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(EngineUnreachableError):
        next(prove(SandboxPolicy()))
