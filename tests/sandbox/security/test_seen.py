"""What was seen of a container."""

from __future__ import annotations

from sandbox.security.seen import Seen, verdict


def test_the_engines_view_and_the_kernel(seen: Seen) -> None:
    assert seen.host["ReadonlyRootfs"] is True
    assert seen.gvisor is False


def test_a_verdict() -> None:
    assert verdict([], "nothing") == ("failed", "nothing")
    assert verdict("x", "something") == ("held", "something")
