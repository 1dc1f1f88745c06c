"""Makes the record of a run from what its container sent, none of which is believed."""

from __future__ import annotations

import keyword
import signal
from collections import Counter
from types import MappingProxyType
from typing import Any

from sandbox.container import RawRun
from sandbox.decode import DecodeLimits, decode_payload
from sandbox.errors import PayloadError, VariableError
from sandbox.policy import SandboxPolicy
from sandbox.received_figures import ReceivedFigures
from sandbox.records import DISPLAY, Execution, ExecutionError, Outcome, Payload
from sandbox.runner import frames

MAX_REASON_CHARS = 600
MAX_NAME_CHARS = 200
MAX_PROBLEMS = 20
MAX_DURATION_S = 1e9
MAX_DISPLAY_CHARS = 8_000
MAX_ERROR_CHARS = 20_000


def collect(raw: RawRun, policy: SandboxPolicy, returns: list[str] | None) -> Execution:
    """Decode a raw run.

    Raises:
        VariableError: a given variable did not load in the image.
    """
    parts = _Parts(policy, returns)
    for header, body in raw.messages:
        parts.take(header, body)
    outcome, detail = judge(raw, parts.finished, parts.error, policy)
    detail = detail or parts.problems()
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


def judge(
    raw: RawRun, finished: bool, error: ExecutionError | None, policy: SandboxPolicy
) -> tuple[Outcome, str]:
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
        return ("output_limit" if limited else "crashed"), raw.problem
    memory = f"it needed more than its {policy.memory_bytes >> 20} MiB of memory"
    if finished and error is None:
        return "ok", ""
    if finished and error is not None:
        if error.name == "MemoryError":
            return "out_of_memory", memory
        if error.name == "ModuleNotFoundError":
            return "missing_package", error.message
        return "error", memory if report.get("oom_kills") else ""
    if raw.end == "memory" or report.get("oom_kills"):
        return "out_of_memory", memory
    return "crashed", _exit_words(report.get("code"))


def _exit_words(code: int | None) -> str:
    if code is None:
        return "its process ended without a word"
    if code == frames.BROKEN_EXIT:
        return "the code broke the interpreter it ran in"
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"its process was killed by {name}"
    return f"its process left with exit code {code} without a word"


class _Parts:
    """Collects the messages of one run, each checked before it counts."""

    def __init__(self, policy: SandboxPolicy, returns: list[str] | None) -> None:
        self._policy = policy
        self._returns = returns
        self.variables: dict[str, Any] = {}
        self.payloads: dict[str, Payload] = {}
        self.withheld: dict[str, str] = {}
        self.figures = ReceivedFigures(policy)
        self.display: Any = None
        self.display_text = ""
        self._began = self.finished = False
        self.error: ExecutionError | None = None
        self.check_error: ExecutionError | None = None
        self.changed: list[str] = []
        self.duration_s = 0.0
        self._problems: Counter[str] = Counter()
        self._surplus = 0

    def problems(self) -> str:
        """Say what was wrong with the messages, each kind of it once."""
        listed = [
            text if count == 1 else f"{text} ({count} times)"
            for text, count in self._problems.items()
        ]
        if len(listed) > MAX_PROBLEMS:
            listed[MAX_PROBLEMS:] = [f"and {len(listed) - MAX_PROBLEMS} more problems"]
        if self._surplus:
            limit = self._policy.max_variables
            listed.append(
                f"{self._surplus} more variables, over the limit of {limit}, are not even named;"
                " return fewer, or gather them in a dict"
            )
        return "; ".join(listed)

    def take(self, header: dict[str, Any], body: bytes) -> None:
        """Take one message; one that is malformed is noted and otherwise ignored."""
        handlers = {
            "figure": self._figure,
            "preview": self._preview,
            "variable": self._variable,
            "withheld": self._withhold,
            "display": self._display,
            "finished": self._finish,
            "running": self._begin,
            "unloadable": self._unloadable,
        }
        handler = handlers.get(header["type"])
        if handler is None or (self._began and handler in (self._begin, self._unloadable)):
            self._problems[f"an unexpected message of type {header['type'][:40]!r}"] += 1
        else:
            handler(header, body)

    def _figure(self, header: dict[str, Any], body: bytes) -> None:
        try:
            self.figures.take(header.get("mime"), body)
        except PayloadError as error:
            self._problems[str(error)] += 1

    def _preview(self, header: dict[str, Any], body: bytes) -> None:
        try:
            self.figures.take_preview(header.get("figure"), body)
        except PayloadError as error:
            self._problems[str(error)] += 1

    def _variable(self, header: dict[str, Any], body: bytes) -> None:
        name = self._name(header)
        if name is None:
            return
        payload = Payload(_line(header, "codec", 40), _line(header, "value_type", 200), body)
        try:
            self.variables[name] = decode(payload, self._policy)
        except PayloadError as error:
            self.withheld[name] = (
                f"{payload.type_name}: {_printable(str(error))[:MAX_REASON_CHARS]}"
            )
            return
        self.payloads[name] = payload

    def _withhold(self, header: dict[str, Any], _: bytes) -> None:
        name = self._name(header)
        if name is None:
            return
        kind, reason = _line(header, "value_type", 200), _line(header, "reason", MAX_REASON_CHARS)
        shown = _line(header, "repr", MAX_REASON_CHARS)
        self.withheld[name] = ": ".join(filter(None, (kind, reason))) + (
            f" (it was {shown})" if shown else ""
        )

    def _display(self, header: dict[str, Any], body: bytes) -> None:
        self.display_text = _text(header, "text", MAX_DISPLAY_CHARS)
        if "codec" not in header:
            return
        payload = Payload(_line(header, "codec", 40), _line(header, "value_type", 200), body)
        try:
            self.display = decode(payload, self._policy)
            self.payloads[DISPLAY] = payload
        except PayloadError as error:
            reason = _printable(str(error))[:MAX_REASON_CHARS]
            self._problems[f"the displayed value: {reason}"] += 1

    def _finish(self, header: dict[str, Any], _: bytes) -> None:
        self.finished = True
        self.error = _error(header.get("error"))
        self.check_error = _error(header.get("check_error"))
        self.changed = _texts(header.get("changed_inputs"))
        self._problems.update(_texts(header.get("notes")))
        duration_s = header.get("duration_s")
        if isinstance(duration_s, float) and 0 <= duration_s < MAX_DURATION_S:  # no NaN either
            self.duration_s = duration_s

    def _begin(self, _: dict[str, Any], __: bytes) -> None:
        self._began = True

    def _unloadable(self, header: dict[str, Any], _: bytes) -> None:
        raise VariableError(
            f"variable {_text(header, 'variable', 200)!r} does not load in the runner image:"
            f" {_text(header, 'reason', MAX_REASON_CHARS)}. Send plain data made from it, or build"
            " the image again with `codegen-agent sandbox build` if the versions differ"
        )

    def _name(self, header: dict[str, Any]) -> str | None:
        name = header.get("name")
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            self._problems["a variable whose name is no identifier"] += 1
        elif name in self.variables or name in self.withheld:
            self._problems[f"variable {name[:MAX_NAME_CHARS]!r} came twice"] += 1
        elif self._returns is not None and name not in self._returns:
            self._problems[f"variable {name[:MAX_NAME_CHARS]!r} was not asked for"] += 1
        elif len(self.variables) + len(self.withheld) > 2 * self._policy.max_variables:
            self._surplus += 1
        elif len(name) > MAX_NAME_CHARS:
            self.withheld[f"{name[:MAX_NAME_CHARS]}…"] = (
                f"its name has {len(name)} characters, over the limit of {MAX_NAME_CHARS};"
                " give it a shorter one"
            )
        else:
            return name
        return None


def decode(payload: Payload, policy: SandboxPolicy | None = None) -> Any:
    """Decode a value that came out of a container.

    Raises:
        PayloadError: it is malformed, over its limits, or needs a library that is not here.
    """
    if payload.codec != CODEC:
        raise PayloadError(f"unknown codec {payload.codec!r}")
    limits = DecodeLimits() if policy is None else DecodeLimits(max_bytes=policy.max_result_bytes)
    return decode_payload(payload.data, limits)


CODEC = "tree/1"


def _error(described: object) -> ExecutionError | None:
    if not isinstance(described, dict):
        return None
    line = described.get("line")
    return ExecutionError(
        name=_line(described, "name", 200),
        message=_text(described, "message", MAX_ERROR_CHARS),
        traceback=_text(described, "traceback", MAX_ERROR_CHARS),
        line=line if isinstance(line, int) else None,
    )


def _text(header: dict[str, Any], key: str, max_chars: int) -> str:
    value = header.get(key, "")
    return _encodable(value[:max_chars]) if isinstance(value, str) else ""


def _line(header: dict[str, Any], key: str, max_chars: int) -> str:
    return _printable(_text(header, key, max_chars))


def _printable(text: str) -> str:
    """Escape what a terminal would obey, or take for another line."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def _encodable(text: str) -> str:
    """Escape lone surrogates: JSON carries them, no file, socket or checkpoint does."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _texts(values: object) -> list[str]:
    if not isinstance(values, list):
        return []
    return [_printable(value[:200]) for value in values[:1000] if isinstance(value, str)]
