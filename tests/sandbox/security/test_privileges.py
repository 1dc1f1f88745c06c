"""Every privilege is noticed, and what the machine doesn't provide is said to be absent."""

from __future__ import annotations

import pytest

from sandbox.security.privileges import GUARANTEES
from sandbox.security.seen import Seen
from tests.sandbox.security.changed import Spoil, spoilt, status_of

OF_THE_MACHINE = ("apparmor", "selinux", "user-namespace", "runc")
SPOILT: list[tuple[str, Spoil]] = [
    ("capabilities", lambda i, o, e: i["status"].update(CapBnd="00000000a80425fb")),
    ("privileged", lambda i, o, e: o["HostConfig"].update(Privileged=True)),
    ("user", lambda i, o, e: i["ids"].append(0)),
    ("new-privileges", lambda i, o, e: i["status"].update(NoNewPrivs="0")),
    ("new-privileges", lambda i, o, e: i["setuid"].append("/bin/su")),
    ("seccomp", lambda i, o, e: i["status"].update(Seccomp="0")),
    ("seccomp", lambda i, o, e: o["HostConfig"].update(SecurityOpt=["seccomp=unconfined"])),
    ("system-calls", lambda i, o, e: i["syscalls"].update(bpf="allowed (EINVAL)")),
    ("io-uring", lambda i, o, e: i["syscalls"].update(io_uring_setup="allowed (EFAULT)")),
    ("user-namespace", lambda i, o, e: o["HostConfig"].update(UsernsMode="host")),
    ("apparmor", lambda i, o, e: (i.update(label="unconfined"), e.update(security=["apparmor"]))),
]
PROVIDED: list[tuple[str, Spoil]] = [
    ("apparmor", lambda i, o, e: i.update(label="docker-default (enforce)")),
    ("selinux", lambda i, o, e: i.update(label="system_u:system_r:container_t:s0:c1,c2")),
    ("user-namespace", lambda i, o, e: i.update({"user map": [[0, 100000, 65536]]})),
    ("runc", lambda i, o, e: e.update(runc="1.3.3")),
    ("runc", lambda i, o, e: e.update(runc="1.5.0-rc.1")),
]
OLD = ["1.1.5+ds1", "1.2.7", "1.3.2", "unknown", None]


@pytest.mark.parametrize("guarantee", [guarantee.id for guarantee in GUARANTEES])
def test_it_holds_for_a_real_container(seen: Seen, guarantee: str) -> None:
    usual = ("held", "absent") if guarantee in OF_THE_MACHINE else ("held",)
    assert status_of(guarantee, seen) in usual


@pytest.mark.parametrize(("guarantee", "spoil"), SPOILT)
def test_a_privilege_is_noticed(seen: Seen, guarantee: str, spoil: Spoil) -> None:
    assert status_of(guarantee, spoilt(seen, spoil)) == "failed"


@pytest.mark.parametrize(("guarantee", "spoil"), PROVIDED)
def test_what_the_machine_provides_is_held(seen: Seen, guarantee: str, spoil: Spoil) -> None:
    assert status_of(guarantee, spoilt(seen, spoil)) == "held"


@pytest.mark.parametrize("version", OLD)
def test_an_old_runc_is_named(seen: Seen, version: str | None) -> None:
    assert status_of("runc", spoilt(seen, lambda i, o, e: e.update(runc=version))) == "absent"


def test_absent_says_what_it_takes(seen: Seen) -> None:
    for guarantee in GUARANTEES:
        status, evidence = guarantee.check(seen)
        assert status != "absent" or "takes" in evidence or "keep" in evidence


def test_gvisors_kernel_stands_in_for_the_filters(seen: Seen) -> None:
    def spoil(inside: dict, outside: dict, engine: dict) -> None:  # type: ignore[type-arg]
        inside.update(gvisor=True, syscalls={"bpf": "allowed", "io_uring_setup": "allowed"})
        inside["status"].pop("Seccomp")

    for guarantee in ("seccomp", "system-calls", "io-uring", "user-namespace", "runc"):
        assert status_of(guarantee, spoilt(seen, spoil)) == "held"
