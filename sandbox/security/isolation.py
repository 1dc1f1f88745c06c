"""What is separate from the host: network, processes, files, devices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sandbox.security.inside import FAMILIES
from sandbox.security.seen import Guarantee, Seen, Verdict, verdict

INITIAL_NAMESPACES = {"pid": 4026531836, "ipc": 4026531839, "uts": 4026531838}
"""Linux gives the machine's own namespaces these numbers."""
HARMLESS_DEVICES = frozenset(
    {
        *("/dev/full", "/dev/null", "/dev/ptmx", "/dev/pts/ptmx", "/dev/random", "/dev/tty"),
        *("/dev/urandom", "/dev/zero", "/dev/console", "/dev/pts/0"),
    }
)


def _network(seen: Seen) -> Verdict:
    found = dict(seen.inside["network"])
    interfaces, mode = found.pop("interfaces"), seen.host["NetworkMode"]
    open_ = [name for name, answer in found.items() if answer == "allowed" and name not in FAMILIES]
    shown = ", ".join(f"{name} {answer}" for name, answer in found.items() if name not in FAMILIES)
    holds = interfaces in ("", "lo") and not open_ and mode == "none"
    return verdict(holds, f"interfaces: {interfaces or 'none'}; {shown}; mode {mode}")


def _socket_kinds(seen: Seen) -> Verdict:
    found = {name: seen.inside["network"][name] for name in FAMILIES}
    shown = ", ".join(f"{name} {answer}" for name, answer in found.items())
    return verdict("allowed" not in found.values(), shown)


def _ports(seen: Seen) -> Verdict:
    mapped = seen.host.get("PortBindings") or {}
    return verdict(
        not mapped and not seen.host.get("PublishAllPorts"), f"{len(mapped)} ports mapped"
    )


def _mounts(seen: Seen) -> Verdict:
    found = [mount for mount in seen.outside.get("Mounts") or [] if mount.get("Type") != "tmpfs"]
    shown = ", ".join(f"{m['Destination']} {'rw' if m.get('RW') else 'ro'}" for m in found)
    holds = len(found) == 1 and found[0]["Destination"] == "/job" and not found[0].get("RW")
    others = [bind for bind in seen.host.get("Binds") or [] if ":/job:" not in bind]
    return verdict(holds and not others, f"mounted: {shown or 'nothing'}")


def _propagation(seen: Seen) -> Verdict:
    shared = [mount["at"] for mount in seen.inside["mounts"] if mount["shared"]]
    named = {mount.get("Propagation", "") for mount in seen.outside.get("Mounts") or []}
    holds = not shared and not any("shared" in name for name in named)
    return verdict(holds, f"shared: {', '.join(shared) or 'none'}")


def _devices(seen: Seen) -> Verdict:
    found = seen.inside["devices"]
    odd = sorted(set(found["found"]) - HARMLESS_DEVICES)
    if seen.gvisor:
        return verdict(not seen.host.get("Devices"), "gVisor's own, none of them the host's")
    holds = not odd and not seen.host.get("Devices") and found["mknod"] != "allowed"
    shown = f"others than the usual: {', '.join(odd) or 'none'}; mknod {found['mknod']}"
    return verdict(holds, shown)


def _own_namespace(kind: str) -> str:
    try:
        return str(Path(f"/proc/self/ns/{kind}").readlink())
    except OSError:  # not Linux
        return ""


def _namespace(kind: str, mode: str) -> Callable[[Seen], Verdict]:
    def check(seen: Seen) -> Verdict:
        name = str(seen.host.get(mode) or "private")
        if seen.gvisor:
            return verdict(name != "host", f"gVisor's own; {mode} {name}")
        number = seen.inside["namespaces"][kind]
        shared = number in (f"{kind}:[{INITIAL_NAMESPACES[kind]}]", _own_namespace(kind))
        holds = name != "host" and not shared
        return verdict(holds, f"{number}; {mode} {name}")

    return check


def _processes(seen: Seen) -> Verdict:
    found = seen.inside["processes"]
    return verdict(len(found) <= 2, f"processes before any code: {', '.join(found)}")


def _process_1(seen: Seen) -> Verdict:
    answers = seen.inside["process 1"]
    # gVisor shows the environment of process 1, which holds only the limits.
    reached = [
        n for n, s in answers.items() if s == "allowed" and (n != "environ" or not seen.gvisor)
    ]
    return verdict(answers and not reached, ", ".join(f"{n} {s}" for n, s in answers.items()))


def _cgroup(seen: Seen) -> Verdict:
    parent = seen.host.get("CgroupParent") or ""
    places = [place for place in seen.inside["writable"] if place.startswith("/sys")]
    return verdict(not parent and not places, f"parent {parent or 'the default'}; not writable")


def _swarm(seen: Seen) -> Verdict:
    state = seen.engine["swarm"] or "inactive"
    if state == "active":
        return "absent", "the engine is part of a swarm; leave it: docker swarm leave"
    return "held", f"swarm {state}"


GUARANTEES = (
    Guarantee("swarm", "5.1", "the engine is not part of a swarm", _swarm),
    Guarantee("mounts", "5.6", "nothing of the host but its own variables, read-only", _mounts),
    Guarantee(
        "processes-inside", "5.7", "only the runner's two processes at the start", _processes
    ),
    Guarantee("ports", "5.8", "no port is open", _ports),
    Guarantee("network", "5.10", "no network", _network),
    Guarantee("socket-kinds", "5.10", "no sockets outside the network namespace", _socket_kinds),
    Guarantee("pid-namespace", "5.16", "processes of its own", _namespace("pid", "PidMode")),
    Guarantee("ipc-namespace", "5.17", "shared memory of its own", _namespace("ipc", "IpcMode")),
    Guarantee("devices", "5.18", "no device of the host", _devices),
    Guarantee("propagation", "5.20", "no mount is shared with the host", _propagation),
    Guarantee("uts-namespace", "5.21", "a host name of its own", _namespace("uts", "UTSMode")),
    Guarantee("cgroup", "5.25", "a cgroup of its own that it can't change", _cgroup),
    Guarantee("process-1", "", "the container's process 1 is out of reach", _process_1),
)
