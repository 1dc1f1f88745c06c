"""Builds the record of a run from what its container sent, treating all of it as hostile."""

from __future__ import annotations

import signal
from types import MappingProxyType

from sandbox.containers.raw_run import RawRun
from sandbox.policy import SandboxPolicy
from sandbox.records import Execution, Outcome
from sandbox.results.received import Received
from sandbox.results.received_files import received_files
from sandbox.results.verdict import find_check_error
from sandbox.runner.shared.frames import BROKEN_EXIT

BROKEN = "the code broke the process it ran in, so its results could not be read"
LOST = "; files that it had saved are lost, because its container ended too"
FORGED = "the code wrote to the runner's own channel"


def collect(
    raw: RawRun, policy: SandboxPolicy, returns: list[str] | None, *, checked: bool = False
) -> Execution:
    """Decode a raw run; ``checked``: it had checks.

    Raises:
        VariableError: a given variable didn't load in the image.
    """
    parts = Received(policy, returns)
    for header, body in raw.messages:
        parts.take(header, body)
    outcome, detail = judge(raw, parts, policy)
    files, left_out = received_files(raw.files, policy) if raw.files else ({}, {})
    for name, reason in left_out.items():
        parts.withheld[name if name not in parts.withheld else f"{name} (file)"] = reason
    if raw.exit_report is None and detail:
        detail += LOST
    if parts.problems and not detail:
        detail = "; ".join(parts.problems)
    return Execution(
        outcome=outcome,
        stdout=raw.stdout.decode("utf-8", "replace"),
        stderr=raw.stderr.decode("utf-8", "replace"),
        error=parts.error,
        variables=MappingProxyType(parts.variables),
        withheld=MappingProxyType(parts.withheld),
        figures=parts.figures,
        files=MappingProxyType(files),
        display=parts.display,
        display_text=parts.display_text,
        changed_inputs=tuple(parts.changed),
        # No more than has passed here.
        duration_s=min(raw.measured_s or raw.duration_s, raw.duration_s),
        check_error=find_check_error(raw, parts) if checked and outcome == "ok" else None,
        detail=detail,
        payloads=MappingProxyType(parts.payloads),
    )


def judge(raw: RawRun, parts: Received, policy: SandboxPolicy) -> tuple[Outcome, str]:
    """Decide the outcome; return it with a sentence of detail, which may be empty."""
    report = raw.exit_report or {}
    if raw.end == "timeout":
        return "timeout", f"still running after {policy.timeout_s:g} s"
    if raw.end == "output_limit" or report.get("exceeded") == "output":
        return "output_limit", f"it printed more than {policy.max_output_bytes} bytes"
    if report.get("exceeded") == "result":
        return "output_limit", f"its results are over {policy.max_result_bytes} bytes"
    if raw.end == "malformed":
        return "crashed", f"{FORGED}: {raw.problem}"
    if parts.misplaced:
        return "crashed", f"{FORGED}: an unexpected message {parts.misplaced!r}"
    memory = f"it needed more than its {policy.memory_bytes >> 20} MiB of memory"
    if parts.finished:
        return _judge_finished(parts, memory, bool(report.get("oom_kills")))
    if raw.end == "memory" or report.get("oom_kills"):
        return "out_of_memory", memory
    if parts.broken:
        return "crashed", f"{BROKEN}: {parts.broken}"
    return "crashed", _describe_exit(report.get("code"))


def _judge_finished(parts: Received, memory: str, killed: bool) -> tuple[Outcome, str]:
    if parts.error is None:
        return "ok", ""
    if parts.error.name == "MemoryError":
        return "out_of_memory", memory
    if parts.error.name == "ModuleNotFoundError":
        return "missing_package", parts.error.message
    return "error", memory if killed else ""


def _describe_exit(code: int | None) -> str:
    if code is None:
        return "its process exited without reporting a result"
    if code == BROKEN_EXIT:
        return BROKEN
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"its process was killed by {name}"
    return f"its process exited with code {code} without reporting a result"
