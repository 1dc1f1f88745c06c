"""Runs attacks for the tests: those that only try something share one container."""

from __future__ import annotations

import contextlib
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


class Attacked:
    """Sandboxes for attacks, one for each set of limits: making one asks the engine much."""

    def __init__(self) -> None:
        self._made: dict[str, DockerSandbox] = {}
        self._exits = contextlib.ExitStack()

    def assert_failed(self, attack: Attack) -> None:
        """Run an attack in its own container, and check that it achieved nothing."""
        tried = run_alone(self._lent, attack)
        assert tried.achieved == "", tried

    def _lent(self, **limits: Any) -> Any:
        key = repr(sorted(limits.items()))
        if key not in self._made:
            self._made[key] = self._exits.enter_context(limited(**limits))
        return contextlib.nullcontext(self._made[key])

    def close(self) -> None:
        """Close them."""
        self._exits.close()
