"""What the code may ask of the kernel."""

from __future__ import annotations

import re

from sandbox.security.seen import Guarantee, Seen, Verdict, verdict

_NO_APPARMOR = (
    "the engine's kernel doesn't confine this container with AppArmor; it takes a kernel"
    " with AppArmor, the package apparmor, and a restart of the engine"
)
_NO_SELINUX = (
    "the engine's kernel doesn't confine this container with SELinux; it takes a kernel"
    ' with SELinux in enforcing mode, container-selinux and "selinux-enabled": true in daemon.json'
)
_OLD_RUNC = (
    "runc {} is older than the fixes of CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881 in 1.2.8,"
    " 1.3.3 and 1.4.0, unless its distribution has backported them; it takes an update, or gVisor"
)
FIXED_RUNC = ((1, 2, 8), (1, 3, 3), (1, 4, 0))
_NO_USER_NAMESPACE = (
    "user 1000 in the container is user 1000 of the engine's machine; it takes"
    ' "userns-remap": "default" in daemon.json, or a rootless engine with cgroup v2'
)


def _capabilities(seen: Seen) -> Verdict:
    sets = {key: value for key, value in seen.inside["status"].items() if key.startswith("Cap")}
    shown = ", ".join(f"{key} {int(value, 16):x}" for key, value in sets.items())
    return verdict(sets and not any(int(value, 16) for value in sets.values()), shown)


def _privileged(seen: Seen) -> Verdict:
    return verdict(seen.host["Privileged"] is False, f"privileged: {seen.host['Privileged']}")


def _user(seen: Seen) -> Verdict:
    ids = sorted(set(seen.inside["ids"]))
    return verdict(ids and 0 not in ids, f"user and group ids: {', '.join(map(str, ids))}")


def _new_privileges(seen: Seen) -> Verdict:
    flag, setuid = seen.inside["status"].get("NoNewPrivs"), seen.inside["setuid"]
    options = str(seen.host.get("SecurityOpt"))
    holds = (flag == "1" or (seen.gvisor and "no-new-privileges" in options)) and setuid == []
    return verdict(holds, f"NoNewPrivs {flag}; {len(setuid)} files with setuid or setgid")


def _seccomp(seen: Seen) -> Verdict:
    if seen.gvisor:
        return "held", "gVisor's kernel answers all system calls"
    mode = seen.inside["status"].get("Seccomp")
    unconfined = "unconfined" in str(seen.host.get("SecurityOpt"))
    return verdict(mode == "2" and not unconfined, f"Seccomp {mode} (2 is a filter)")


def _system_calls(seen: Seen) -> Verdict:
    calls = {name: said for name, said in seen.inside["syscalls"].items() if name[:2] != "io"}
    allowed = [name for name, said in calls.items() if said.startswith("allowed")]
    if allowed and seen.gvisor:
        return "held", f"in gVisor's own kernel only: {', '.join(allowed)}"
    refused = f"refused: {', '.join(calls)}"
    return verdict(calls and not allowed, f"allowed: {', '.join(allowed)}" if allowed else refused)


def _io_uring(seen: Seen) -> Verdict:
    said = seen.inside["syscalls"]["io_uring_setup"]
    return verdict(not said.startswith("allowed") or seen.gvisor, f"io_uring_setup: {said}")


def _apparmor(seen: Seen) -> Verdict:
    label = str(seen.inside["label"])
    if label.endswith("(enforce)"):
        return "held", f"profile {label}"
    offered = "apparmor" in str(seen.engine.get("security"))
    if offered and not seen.gvisor:
        return "failed", f"the engine offers it, but the profile is {label}"
    return "absent", _NO_APPARMOR


def _selinux(seen: Seen) -> Verdict:
    label = str(seen.inside["label"])
    if label.count(":") >= 3 and "container" in label:
        return "held", f"label {label}"
    return "absent", _NO_SELINUX


def _runc(seen: Seen) -> Verdict:
    if seen.gvisor:
        return "held", "gVisor stands between the code and the host's kernel"
    text = str(seen.engine["runc"] or "")
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    if found is None:
        return "absent", "the engine doesn't say which runtime it uses; keep it up to date"
    version = tuple(map(int, found.groups()))
    fixed = next((fix for fix in FIXED_RUNC if version[:2] == fix[:2]), max(FIXED_RUNC))
    if version >= fixed:
        return "held", f"runc {text}"
    return "absent", _OLD_RUNC.format(text)


def _user_namespace(seen: Seen) -> Verdict:
    if seen.host.get("UsernsMode") == "host":
        return "failed", "UsernsMode host"
    mapped = seen.inside["user map"]
    if seen.gvisor:
        return "held", "users are gVisor's own"
    whole = [numbers for numbers in mapped if numbers[0] == numbers[1] == 0]
    return ("absent", _NO_USER_NAMESPACE) if whole else ("held", f"user ids are mapped: {mapped}")


GUARANTEES = (
    Guarantee("apparmor", "5.2", "AppArmor confines the code", _apparmor),
    Guarantee("selinux", "5.3", "SELinux confines the code", _selinux),
    Guarantee("capabilities", "5.4", "no capability", _capabilities),
    Guarantee("privileged", "5.5", "not privileged", _privileged),
    Guarantee("seccomp", "5.22", "system calls are filtered", _seccomp),
    Guarantee("system-calls", "5.22", "dangerous system calls are refused", _system_calls),
    Guarantee("io-uring", "5.22", "io_uring is refused", _io_uring),
    Guarantee("new-privileges", "5.26", "no way to more privileges", _new_privileges),
    Guarantee("user-namespace", "5.31", "its users are not the host's", _user_namespace),
    Guarantee("runc", "", "runc has no known way out", _runc),
    Guarantee("user", "4.1", "not root", _user),
)
