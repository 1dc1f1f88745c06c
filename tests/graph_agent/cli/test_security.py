"""``doctor --security``: one line or object for each guarantee, and exit 3 if one failed."""

from __future__ import annotations

import pytest

from graph_agent.cli.security import line_of
from sandbox.security.guarantees import GUARANTEES
from sandbox.security.proofs import Proof
from sandbox.security.selection import SELECTION
from tests.graph_agent.cli.command import Command

DEAD = "unix:///nowhere/docker.sock"
MAX_S = 60


@pytest.mark.slow
@pytest.mark.docker
def test_every_guarantee_is_proven_in_one_document(command: Command) -> None:
    done = command.here("doctor", "--security", "--json")
    assert done.code == 0, done.err
    assert done.err == ""
    proofs = done.json["proofs"]
    ids = [proof["id"] for proof in proofs]
    assert len(set(ids)) == len(ids)
    assert {guarantee.id for guarantee in GUARANTEES} | {attack.id for attack in SELECTION} <= set(
        ids
    )
    assert {"private-folder", "nothing-left"} <= set(ids)
    assert all(set(proof) == {"id", "cis", "guarantee", "status", "evidence"} for proof in proofs)
    assert {proof["status"] for proof in proofs} <= {"held", "absent"}
    assert done.json["ok"] is True
    assert done.json["duration_s"] < 5 * MAX_S  # the machine may be busy


@pytest.mark.parametrize("args", [[], ["--json"]])
def test_no_engine_is_said_in_one_line(command: Command, args: list[str]) -> None:
    done = command.here("doctor", "--security", *args, DOCKER_HOST=DEAD)
    assert done.code == 3
    (line,) = done.error_lines
    assert DEAD in line
    if args:
        assert done.json["error"]["type"] == "EngineUnreachableError"
    else:
        assert done.out == ""


@pytest.mark.docker
def test_no_image_is_said_in_one_line(command: Command) -> None:
    done = command.here("doctor", "--security", CODEGEN_AGENT_BASE_IMAGE="no-such-base:1")
    assert (done.code, done.out) == (3, "")
    (line,) = done.error_lines
    assert "codegen-agent sandbox build" in line


def test_a_proof_is_one_line() -> None:
    line = line_of(Proof("a", "5.1", "it holds", "failed", "two\nlines \x1b[31m"))
    assert line.startswith("failed  5.1")
    assert line.isprintable()
    assert "two lines" in line
