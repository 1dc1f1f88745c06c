"""Runs attacks for the tests: those that only try something share one container."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox import DockerSandbox, SandboxPolicy
from sandbox.security.attack import Attack, Attempted, Kind, run_alone, run_attacks


def limited(**limits: Any) -> DockerSandbox:
    """Make a sandbox with the limits of an attack."""
    return DockerSandbox(SandboxPolicy(**limits))


def of_kind(attacks: Iterable[Attack], *kinds: Kind) -> list[Attack]:
    return [attack for attack in attacks if attack.kind in kinds]


def names(attacks: Iterable[Attack]) -> list[str]:
    return [attack.id for attack in attacks]


def tried_together(attacks: Iterable[Attack]) -> dict[str, Attempted]:
    """Run attacks that share a container; return what came of each, by id."""
    return {tried.attack.id: tried for tried in run_attacks(limited, attacks)}


def assert_failed(attack: Attack) -> None:
    """Run an attack in its own container, and check that it achieved nothing."""
    tried = run_alone(limited, attack)
    assert tried.achieved == "", tried
