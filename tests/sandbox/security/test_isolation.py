"""Every sign of something shared with the host is noticed."""

from __future__ import annotations

import pytest

from sandbox.security.isolation import GUARANTEES, INITIAL_NAMESPACES
from sandbox.security.seen import Seen
from tests.sandbox.security.changed import Spoil, spoilt, status_of

SPOILT: list[tuple[str, Spoil]] = [
    ("network", lambda i, o, e: i["network"].update(interfaces="lo,eth0")),
    ("network", lambda i, o, e: i["network"].update(public="allowed")),
    ("network", lambda i, o, e: o["HostConfig"].update(NetworkMode="bridge")),
    ("socket-kinds", lambda i, o, e: i["network"].update(AF_VSOCK="allowed")),
    ("ports", lambda i, o, e: o["HostConfig"].update(PortBindings={"80/tcp": []})),
    ("mounts", lambda i, o, e: o["Mounts"].append({"Destination": "/etc", "RW": False})),
    ("mounts", lambda i, o, e: o["Mounts"][0].update(RW=True)),
    ("mounts", lambda i, o, e: o["HostConfig"].update(Binds=["/:/host"])),
    ("propagation", lambda i, o, e: i["mounts"][0].update(shared=True)),
    ("propagation", lambda i, o, e: o["Mounts"][0].update(Propagation="rshared")),
    ("devices", lambda i, o, e: i["devices"]["found"].append("/dev/sda")),
    ("devices", lambda i, o, e: i["devices"].update(mknod="allowed")),
    ("devices", lambda i, o, e: o["HostConfig"].update(Devices=[{"PathOnHost": "/dev/kvm"}])),
    ("pid-namespace", lambda i, o, e: o["HostConfig"].update(PidMode="host")),
    (
        "pid-namespace",
        lambda i, o, e: i["namespaces"].update(pid=f"pid:[{INITIAL_NAMESPACES['pid']}]"),
    ),
    ("ipc-namespace", lambda i, o, e: o["HostConfig"].update(IpcMode="host")),
    ("uts-namespace", lambda i, o, e: o["HostConfig"].update(UTSMode="host")),
    ("processes-inside", lambda i, o, e: i.update(processes=["1", "2", "3"])),
    ("process-1", lambda i, o, e: i["process 1"].update(mem="allowed")),
    ("cgroup", lambda i, o, e: o["HostConfig"].update(CgroupParent="/docker")),
    ("cgroup", lambda i, o, e: i["writable"].append("/sys/fs/cgroup")),
]


@pytest.mark.parametrize("guarantee", [guarantee.id for guarantee in GUARANTEES])
def test_it_holds_for_a_real_container(seen: Seen, guarantee: str) -> None:
    assert status_of(guarantee, seen) == "held"


@pytest.mark.parametrize(("guarantee", "spoil"), SPOILT)
def test_what_is_shared_is_noticed(seen: Seen, guarantee: str, spoil: Spoil) -> None:
    assert status_of(guarantee, spoilt(seen, spoil)) == "failed"


def test_a_swarm_is_said_to_be_one(seen: Seen) -> None:
    assert status_of("swarm", spoilt(seen, lambda i, o, e: e.update(swarm="active"))) == "absent"
