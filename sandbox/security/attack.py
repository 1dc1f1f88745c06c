"""Attacks as records: a small program, and a check from outside that it failed."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sandbox.docker_sandbox import DockerSandbox
from sandbox.records import Execution
from sandbox.security import together

Kind = Literal["escape", "host files", "exhaustion", "forgery", "hazard"]
Check = Callable[[Execution], str]
"""Says what the attack achieved; an empty string if it failed."""

TOGETHER = ("escape", "host files")
"""Kinds whose programs only try something: many share one container, each in its own process."""
WATCHED = tuple(
    f"/proc/sys/{name}"
    for name in (
        "kernel/hostname",
        "kernel/core_pattern",
        "kernel/modprobe",
        "vm/overcommit_memory",
    )
)
CANARY = "canary: this file is the host's"
CHANNEL = """
import fcntl, json, os, stat, struct
def channel():
    for fd in range(3, 256):
        try:
            writes = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
            if writes and stat.S_ISFIFO(os.fstat(fd).st_mode):
                return fd
        except OSError:
            pass
def send(header, body=b"", sizes=None):
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    data = struct.pack(">IQ", *(sizes or (len(encoded), len(body)))) + encoded + body
    while data:
        data = data[os.write(channel(), data):]
"""
"""Put before a program that writes to the runner's own channel, as the worker does."""


def not_reached(run: Execution) -> str:
    """Check a program that sets ``reached`` if it gets anywhere."""
    if run.outcome != "ok":
        return ""
    return str(run.variables.get("reached") or "")


@dataclass(frozen=True)
class Attack:
    """A program that tries to break a guarantee. ``limits`` are those of its container.

    ``cis`` is the number of the CIS Docker Benchmark's recommendation; empty if there is none.
    """

    id: str
    kind: Kind
    program: str
    check: Check = not_reached
    guarantee: str = ""
    cis: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    returns: tuple[str, ...] | None = None
    checks: str | None = None

    @property
    def shares(self) -> bool:
        """Whether it may share its container with others."""
        return self.kind in TOGETHER and not self.limits and self.check is not_reached


@dataclass(frozen=True)
class Attempted:
    """An attack that was tried: what it achieved, or an empty string, and how it ended."""

    attack: Attack
    achieved: str
    ended: str


def run_attacks(
    sandbox: Callable[..., DockerSandbox], attacks: Iterable[Attack], at_once: int = 1
) -> Iterator[Attempted]:
    """Run attacks in containers, those that may share one in the same.

    Args:
        sandbox: makes a sandbox with the given limits.
        attacks: what to try.
        at_once: how many containers may run at the same time.

    Raises:
        SandboxUnavailableError: there is no engine or no image.
    """
    attacks = tuple(attacks)
    shared = [attack for attack in attacks if attack.shares]
    if shared:
        yield from run_together(sandbox, shared)
    alone = [attack for attack in attacks if not attack.shares]
    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(lambda attack: run_alone(sandbox, attack), alone)


def run_alone(sandbox: Callable[..., DockerSandbox], attack: Attack) -> Attempted:
    """Run an attack in a container of its own."""
    with sandbox(**attack.limits) as own:
        run = own.run(attack.program, returns=attack.returns, checks=attack.checks)
    return Attempted(attack, attack.check(run), how_it_ended(run))


def run_together(
    sandbox: Callable[..., DockerSandbox], attacks: list[Attack]
) -> Iterator[Attempted]:
    """Run attacks in one container, each in a process of its own.

    They look for a file of this machine and its text. What they would change is watched.
    """
    programs = {attack.id: attack.program for attack in attacks}
    code = f"{inspect.getsource(together)}\nanswers = run_together(programs, canary)"
    with tempfile.TemporaryDirectory(prefix="codegen-agent-canary-") as folder:
        canary = Path(folder, "canary")
        canary.write_text(CANARY)
        before = _host_state(canary)
        with sandbox() as own:
            given = {"programs": programs, "canary": str(canary)}
            run = own.run(code, given, returns=["answers"])
        after = _host_state(canary)
    changed = ", ".join(name for name, text in before.items() if after[name] != text)
    answers = run.variables.get("answers") or {}
    for attack in attacks:
        answer = answers.get(attack.id) or {"reached": f"no answer: {how_it_ended(run)}"}
        reached = answer.get("reached", "")
        if CANARY in str(answer):
            reached = f"a file of the host was read: {answer}"
        if changed:
            reached = f"one of these attacks changed the host: {changed}"
        ended = answer.get("refused") or reached or "nothing reached"
        yield Attempted(attack, attack.check(replace(run, variables={"reached": reached})), ended)


def _host_state(canary: Path) -> dict[str, str]:
    """Read what an attack on this machine would change."""
    state = {}
    for path in (canary, *map(Path, WATCHED)):
        try:
            state[str(path)] = path.read_text()
        except OSError:  # not Linux, or removed
            state[str(path)] = ""
    return state


def how_it_ended(run: Execution) -> str:
    """Describe a run's end on one line."""
    error = f"{run.error.name}: {run.error.message}" if run.error else ""
    kept_back = next((f"{name}: {why}" for name, why in run.withheld.items()), "")
    parts = (run.outcome, run.detail or error or kept_back)
    return " ".join(": ".join(filter(None, parts)).split())[:300]
