"""Makes the record of a run from what its container sent, none of which is believed."""

from __future__ import annotations

import signal
from types import MappingProxyType

from sandbox.container import RawRun
from sandbox.policy import SandboxPolicy
from sandbox.received import Received
from sandbox.records import Execution, Outcome
from sandbox.runner.frames import BROKEN_EXIT

BROKEN = "the code broke the process it ran in, so that its results could not be read"
FORGED = "the code wrote to the runner's own channel"


def collect(raw: RawRun, policy: SandboxPolicy, returns: list[str] | None) -> Execution:
    """Decode a raw run.

    Raises:
        VariableError: a given variable did not load in the image.
    """
    parts = Received(policy, returns)
    for header, body in raw.messages:
        parts.take(header, body)
    outcome, detail = judge(raw, parts, policy)
    if parts.problems and not detail:
        detail = "; ".join(parts.problems)
    return Execution(
        outcome=outcome,
        stdout=raw.stdout.decode("utf-8", "replace"),
        stderr=raw.stderr.decode("utf-8", "replace"),
        error=parts.error,
        variables=MappingProxyType(parts.variables),
        withheld=MappingProxyType(parts.withheld),
        figures=parts.figures.figures,
        display=parts.display,
        display_text=parts.display_text,
        changed_inputs=tuple(parts.changed),
        duration_s=parts.duration_s if parts.finished else raw.duration_s,
        check_error=parts.check_error,
        detail=detail,
        payloads=MappingProxyType(parts.payloads),
    )


def judge(raw: RawRun, parts: Received, policy: SandboxPolicy) -> tuple[Outcome, str]:
    """Decide the outcome; the second part is a sentence on it, if there is more to say."""
    report = raw.exit_report or {}
    if raw.end == "timeout":
        return "timeout", f"still running after {policy.timeout_s:g} s"
    if report.get("exceeded") == "output":
        return "output_limit", f"it printed more than {policy.max_output_bytes} bytes"
    if report.get("exceeded") == "result":
        return "output_limit", f"its results are over {policy.max_result_bytes} bytes"
    if raw.end == "malformed":
        limited = "output" in raw.problem
        return ("output_limit", raw.problem) if limited else ("crashed", f"{FORGED}: {raw.problem}")
    if parts.misplaced:
        return "crashed", f"{FORGED}: a message {parts.misplaced!r} where none may come"
    memory = f"it needed more than its {policy.memory_bytes >> 20} MiB of memory"
    if parts.finished:
        return _judge_finished(parts, memory, bool(report.get("oom_kills")))
    if raw.end == "memory" or report.get("oom_kills"):
        return "out_of_memory", memory
    if parts.broken:
        return "crashed", f"{BROKEN}: {parts.broken}"
    return "crashed", _exit_words(report.get("code"))


def _judge_finished(parts: Received, memory: str, killed: bool) -> tuple[Outcome, str]:
    if parts.error is None:
        return "ok", ""
    if parts.error.name == "MemoryError":
        return "out_of_memory", memory
    if parts.error.name == "ModuleNotFoundError":
        return "missing_package", parts.error.message
    return "error", memory if killed else ""


def _exit_words(code: int | None) -> str:
    if code is None:
        return "its process ended without a word"
    if code == BROKEN_EXIT:
        return BROKEN
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"its process was killed by {name}"
    return f"its process left with exit code {code} without a word"
