"""The facts that a container reports about itself."""

from __future__ import annotations

import os

import pytest

from sandbox.security import inside
from sandbox.security.seen import Seen


def test_every_fact_is_there(seen: Seen) -> None:
    assert set(seen.inside) == set(inside.FACTS)
    broken = {name: fact for name, fact in seen.inside.items() if "Error:" in str(fact)[:40]}
    assert set(broken) <= {"label"}  # a kernel without AppArmor and SELinux has none
    assert set(seen.inside["syscalls"]) == set(inside.SYSCALLS)
    assert "/tmp" in seen.inside["writable"]
    assert seen.inside["host name"] != os.uname().nodename


def test_root_on_a_machine_is_refused() -> None:
    if os.getuid() != 0:
        pytest.skip("needs root")
    with pytest.raises(RuntimeError):
        inside.look()
