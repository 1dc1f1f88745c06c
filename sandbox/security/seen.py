"""A container as it was seen from inside and from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.policy import SandboxPolicy

Status = Literal["held", "absent", "failed"]
Verdict = tuple[Status, str]
"""Whether something holds, and from what that can be seen."""


@dataclass(frozen=True)
class Seen:
    """A container as it sees itself, as the engine describes it, and what was asked for."""

    inside: Mapping[str, Any]
    outside: Mapping[str, Any]
    policy: SandboxPolicy
    engine: Mapping[str, Any]

    @property
    def host(self) -> Mapping[str, Any]:
        """The engine's view of the container's settings."""
        found: Mapping[str, Any] = self.outside["HostConfig"]
        return found

    @property
    def gvisor(self) -> bool:
        """Whether gVisor's kernel runs it."""
        return self.inside["gvisor"] is True


def verdict(holds: object, evidence: str) -> Verdict:
    """Turn a condition into a verdict."""
    return ("held" if holds else "failed"), evidence


@dataclass(frozen=True)
class Guarantee:
    """What should hold; ``check`` says whether it does, and from what that can be seen.

    ``cis`` is its number in the CIS Docker Benchmark, version 1.6 and later; empty if it has none.
    """

    id: str
    cis: str
    text: str
    check: Callable[[Seen], Verdict]
