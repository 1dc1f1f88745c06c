"""How much the code may take, and where it may write."""

from __future__ import annotations

from sandbox.security.seen import Guarantee, Seen, Verdict, verdict

SCRATCH = frozenset({"/tmp", "/dev/shm", "/dev/mqueue"})  # noqa: S108
_NO_CPU_LIMIT = (
    "the runtime ignores cgroups, so runs get all cores; it takes a daemon.json without"
    " --ignore-cgroups"
)


def _read_only_root(seen: Seen) -> Verdict:
    writable = set(seen.inside["writable"])
    holds = writable <= SCRATCH and seen.host["ReadonlyRootfs"] is True
    return verdict(holds, f"writable: {', '.join(sorted(writable))}")


def _no_exec(seen: Seen) -> Verdict:
    places = seen.inside["executable"]
    return verdict(places == [], f"started from: {', '.join(places) or 'nowhere'}")


def _limits(seen: Seen) -> Verdict:
    policy, host = seen.policy, seen.host
    wanted = {
        "Memory": policy.memory_bytes,
        "MemorySwap": policy.memory_bytes,
        "NanoCpus": int(min(policy.cpus, seen.engine["cores"]) * 1e9),
        # gVisor's own threads count there; RLIMIT_NPROC limits the code's processes.
        "PidsLimit": host["PidsLimit"] if seen.gvisor else policy.pids,
    }
    wrong = [name for name, value in wanted.items() if host.get(name) != value or not value]
    return verdict(not wrong, ", ".join(f"{name} {host.get(name)}" for name in wanted))


def _cpu(seen: Seen) -> Verdict:
    share, most = seen.inside["cpu share"], min(seen.policy.cpus, seen.engine["cores"])
    if seen.engine["ignores_cgroups"]:
        return "absent", _NO_CPU_LIMIT
    if seen.gvisor:  # its clock also counts while the host lets it wait
        return verdict(seen.host["NanoCpus"], f"the host's limit: NanoCpus {seen.host['NanoCpus']}")
    return verdict(share <= most * 1.5, f"{share:.2f} cores used, {most:g} allowed")


def _ulimits(seen: Seen) -> Verdict:
    limits = seen.inside["limits"]
    holds = limits["CORE"] == 0 and limits["FSIZE"] == seen.policy.max_file_bytes
    shown = ", ".join(f"{name} {value}" for name, value in limits.items())
    return verdict(holds and 0 < limits["NOFILE"] <= 1024, shown)


def _scratch(seen: Seen) -> Verdict:
    size = seen.inside["scratch"]["bytes"]
    return verdict(0 < size <= seen.policy.scratch_bytes, f"{size} bytes")


def _never_restarted(seen: Seen) -> Verdict:
    restart = (seen.host.get("RestartPolicy") or {}).get("Name") or "no"
    holds = restart == "no" and seen.host["AutoRemove"] is True
    return verdict(holds, f"restart {restart}; removed at its end: {seen.host['AutoRemove']}")


GUARANTEES = (
    Guarantee("limits", "5.11", "memory, CPU and processes are limited as asked for", _limits),
    Guarantee("cpu", "5.12", "no more CPU time than allowed", _cpu),
    Guarantee("read-only-root", "5.13", "only the scratch space can be written", _read_only_root),
    Guarantee("never-restarted", "5.15", "used once and removed", _never_restarted),
    Guarantee("ulimits", "5.19", "open files, file size and core dumps are limited", _ulimits),
    Guarantee("no-exec", "", "no file that the code writes can be started", _no_exec),
    Guarantee("scratch-size", "", "the scratch space is as small as asked for", _scratch),
)
