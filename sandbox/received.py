"""What a run's worker sent, each message checked before it counts.

The code shares its process with the worker and may write to its channel. So a
message is taken only where the worker sends it: ``unloadable`` or ``running``
first; then figures, values and their like; ``finished`` or ``broken`` last.
After one that is out of place nothing more is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.decode import decode_value
from sandbox.errors import PayloadError, VariableError
from sandbox.header_texts import full_text, printable, short_text, short_texts
from sandbox.names import is_variable_name
from sandbox.policy import SandboxPolicy
from sandbox.received_figures import ReceivedFigures
from sandbox.records import DISPLAY, ExecutionError, Payload

MAX_REASON_CHARS = 600
MAX_NAME_CHARS = 200
MAX_KIND_CHARS = 200
MAX_PROBLEMS = 60
MAX_DURATION_S = 1e9
MAX_DISPLAY_CHARS = 8_000
MAX_ERROR_CHARS = 20_000


class Received:
    """The parts of one run. ``problems`` says what was refused, and why."""

    def __init__(self, policy: SandboxPolicy, returns: list[str] | None) -> None:
        self._policy = policy
        self._returns = returns
        self.variables: dict[str, Any] = {}
        self.payloads: dict[str, Payload] = {}
        self.withheld: dict[str, str] = {}
        self.figures = ReceivedFigures(policy)
        self.display: Any = None
        self.display_text = ""
        self.finished = False
        self.broken = ""
        self.misplaced = ""
        self.error: ExecutionError | None = None
        self.check_error: ExecutionError | None = None
        self.changed: list[str] = []
        self.problems: list[str] = []
        self.duration_s = 0.0
        # What is to come next, and what each phase takes.
        self._before = {"unloadable": self._unloadable, "running": self._start}
        self._during = {
            "figure": self._figure,
            "preview": self._preview,
            "variable": self._variable,
            "withheld": self._withhold,
            "display": self._display,
            "finished": self._finish,
            "broken": self._break,
        }
        self._expected: Mapping[str, Callable[[dict[str, Any], bytes], None]] = self._before

    def take(self, header: dict[str, Any], body: bytes) -> None:
        """Take one message.

        Raises:
            VariableError: a given variable did not load; said before the code began.
        """
        if self.misplaced:
            return
        handler = self._expected.get(header["type"])
        if handler is None:
            self.misplaced = printable(header["type"], 40) or "no type"
        else:
            handler(header, body)

    def note(self, problem: str) -> None:
        """Keep a problem, once, while there are not too many."""
        if problem not in self.problems and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def _start(self, _: dict[str, Any], __: bytes) -> None:
        self._expected = self._during

    def _unloadable(self, header: dict[str, Any], _: bytes) -> None:
        raise VariableError(
            f"variable {short_text(header, 'variable', MAX_NAME_CHARS)!r} does not load in the"
            f" runner image: {short_text(header, 'reason', MAX_REASON_CHARS)}. Send plain data made"
            " from it, or build the image again with `codegen-agent sandbox build` if the versions"
            " differ"
        )

    def _figure(self, header: dict[str, Any], body: bytes) -> None:
        try:
            self.figures.take(header.get("mime"), body)
        except PayloadError as error:
            self.note(str(error))

    def _preview(self, header: dict[str, Any], body: bytes) -> None:
        try:
            self.figures.take_preview(header.get("figure"), body)
        except PayloadError as error:
            self.note(str(error))

    def _variable(self, header: dict[str, Any], body: bytes) -> None:
        name = self._name(header)
        if name is None:
            return
        payload = _payload(header, body)
        try:
            self.variables[name] = decode_value(payload, self._policy.max_result_bytes)
        except PayloadError as error:
            reason = printable(str(error), MAX_REASON_CHARS)
            self.withheld[name] = f"{payload.type_name}: {reason}"
        else:
            self.payloads[name] = payload

    def _withhold(self, header: dict[str, Any], _: bytes) -> None:
        name = self._name(header)
        if name is None:
            return
        kind = short_text(header, "value_type", MAX_KIND_CHARS)
        reason = short_text(header, "reason", MAX_REASON_CHARS)
        shown = short_text(header, "repr", MAX_REASON_CHARS)
        self.withheld[name] = ": ".join(filter(None, (kind, reason))) + (
            f" (it was {shown})" if shown else ""
        )

    def _display(self, header: dict[str, Any], body: bytes) -> None:
        self.display_text = full_text(header, "text", MAX_DISPLAY_CHARS)
        if "codec" not in header:
            return
        payload = _payload(header, body)
        try:
            self.display = decode_value(payload, self._policy.max_result_bytes)
            self.payloads[DISPLAY] = payload
        except PayloadError as error:
            self.note(f"the displayed value: {printable(str(error), MAX_REASON_CHARS)}")

    def _finish(self, header: dict[str, Any], _: bytes) -> None:
        self._expected = {}
        self.finished = True
        self.error = _error(header.get("error"))
        self.check_error = _error(header.get("check_error"))
        self.changed = [
            name for name in short_texts(header.get("changed_inputs")) if is_variable_name(name)
        ]
        for text in short_texts(header.get("notes")):
            self.note(text)
        duration_s = header.get("duration_s")
        if isinstance(duration_s, float) and 0 <= duration_s < MAX_DURATION_S:  # no NaN either
            self.duration_s = duration_s

    def _break(self, header: dict[str, Any], _: bytes) -> None:
        self._expected = {}
        self.broken = short_text(header, "reason", MAX_REASON_CHARS)

    def _name(self, header: dict[str, Any]) -> str | None:
        name = header.get("name")
        if not isinstance(name, str) or not is_variable_name(name):
            self.note("a variable whose name is no identifier")
        elif name in self.variables or name in self.withheld:
            self.note(f"variable {name[:MAX_NAME_CHARS]!r} came twice")
        elif len(self.variables) + len(self.withheld) >= 2 * self._policy.max_variables:
            self.note("more variables than the limit")
        elif self._returns is not None and name not in self._returns:
            self.note(f"variable {name[:MAX_NAME_CHARS]!r} was not asked for")
        elif len(name) > MAX_NAME_CHARS:
            beginning = f"{name[:MAX_NAME_CHARS]}…"
            self.withheld[beginning] = f"its name of {len(name)} characters is too long"
        else:
            return name
        return None


def _payload(header: dict[str, Any], body: bytes) -> Payload:
    kind = short_text(header, "value_type", MAX_KIND_CHARS)
    return Payload(short_text(header, "codec", 40), kind, body)


def _error(described: object) -> ExecutionError | None:
    if not isinstance(described, dict):
        return None
    line = described.get("line")
    return ExecutionError(
        name=short_text(described, "name", 200),
        message=full_text(described, "message", MAX_ERROR_CHARS),
        traceback=full_text(described, "traceback", MAX_ERROR_CHARS),
        line=line if type(line) is int and 0 < line < 1 << 31 else None,
    )
