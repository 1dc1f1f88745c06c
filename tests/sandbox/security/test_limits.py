"""Every limit that isn't there is noticed."""

from __future__ import annotations

import pytest

from sandbox.security.limits import GUARANTEES
from sandbox.security.seen import Seen
from tests.sandbox.security.changed import Spoil, spoilt, status_of

SPOILT: list[tuple[str, Spoil]] = [
    ("limits", lambda i, o, e: o["HostConfig"].update(Memory=0)),
    ("limits", lambda i, o, e: o["HostConfig"].update(MemorySwap=-1)),
    ("limits", lambda i, o, e: o["HostConfig"].update(NanoCpus=0)),
    ("limits", lambda i, o, e: o["HostConfig"].update(PidsLimit=None)),
    ("cpu", lambda i, o, e: i.update({"cpu share": 1.9})),
    ("read-only-root", lambda i, o, e: i["writable"].append("/etc")),
    ("read-only-root", lambda i, o, e: o["HostConfig"].update(ReadonlyRootfs=False)),
    ("no-exec", lambda i, o, e: i["executable"].append("/tmp")),
    ("ulimits", lambda i, o, e: i["limits"].update(CORE=-1)),
    ("ulimits", lambda i, o, e: i["limits"].update(NOFILE=1 << 20)),
    ("ulimits", lambda i, o, e: i["limits"].update(FSIZE=-1)),
    ("scratch-size", lambda i, o, e: i["scratch"].update(bytes=1 << 40)),
    ("never-restarted", lambda i, o, e: o["HostConfig"].update(AutoRemove=False)),
    ("never-restarted", lambda i, o, e: o["HostConfig"]["RestartPolicy"].update(Name="always")),
]


@pytest.mark.parametrize("guarantee", [guarantee.id for guarantee in GUARANTEES])
def test_it_holds_for_a_real_container(seen: Seen, guarantee: str) -> None:
    assert status_of(guarantee, seen) == "held"


@pytest.mark.parametrize(("guarantee", "spoil"), SPOILT)
def test_a_missing_limit_is_noticed(seen: Seen, guarantee: str, spoil: Spoil) -> None:
    assert status_of(guarantee, spoilt(seen, spoil)) == "failed"


def test_a_runtime_without_cgroups_is_said_to_be_one(seen: Seen) -> None:
    alone = spoilt(seen, lambda i, o, e: e.update(ignores_cgroups=True))
    assert status_of("cpu", alone) == "absent"
