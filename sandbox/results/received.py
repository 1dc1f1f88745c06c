"""Reads what a run's worker sent, checking each message.

The code shares its process with the worker and may write to its channel. So a message is
only accepted where the worker sends it: ``unloadable`` or ``running`` first, then figures,
values and the like, ``finished`` or ``broken`` last. After an unexpected message, all
others are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.errors import PayloadError, VariableError
from sandbox.policy import SandboxPolicy
from sandbox.records import DISPLAY, ExecutionError, Figure, Payload
from sandbox.results.decode import RunDecoder
from sandbox.results.figure_formats import ReceivedFigures
from sandbox.variables.bundle import is_variable_name

MAX_REASON_CHARS = 600
MAX_NAME_CHARS = 200
MAX_KIND_CHARS = 200
MAX_PROBLEMS = 60
MAX_DISPLAY_CHARS = 8_000
MAX_ERROR_CHARS = 20_000
MAX_TEXTS = 1000
MAX_LISTED_CHARS = 200


class Received:
    """The parts of one run. ``problems`` lists what was refused, and why."""

    def __init__(self, policy: SandboxPolicy, returns: list[str] | None) -> None:
        self._policy = policy
        self._returns = returns
        self.variables: dict[str, Any] = {}
        self.payloads: dict[str, Payload] = {}
        self.withheld: dict[str, str] = {}
        self._decoder = RunDecoder(policy)
        self._figures: ReceivedFigures | None = None
        self.display: Any = None
        self.display_text = ""
        self.finished = False
        self.broken = ""
        self.misplaced = ""
        self.error: ExecutionError | None = None
        self.changed: list[str] = []
        self.problems: list[str] = []
        # The messages that each phase accepts.
        self._before = {"unloadable": self._unloadable, "running": self._start}
        self._during = {
            "figure": self._figure,
            "preview": self._figure,
            "variable": self._variable,
            "withheld": self._withhold,
            "display": self._display,
            "finished": self._finish,
            "broken": self._break,
        }
        self._expected: Mapping[str, Callable[[dict[str, Any], bytes], None]] = self._before

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The accepted figures, in order."""
        return () if self._figures is None else self._figures.figures

    def take(self, header: dict[str, Any], body: bytes) -> None:
        """Take one message.

        Raises:
            VariableError: a given variable didn't load, so the code didn't start.
        """
        if self.misplaced:
            return
        handler = self._expected.get(header["type"])
        if handler is None:
            self.misplaced = printable(header["type"], 40) or "no type"
        else:
            handler(header, body)

    def note(self, problem: str) -> None:
        """Keep a problem once, up to a limit of problems."""
        if problem not in self.problems and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def _start(self, _: dict[str, Any], __: bytes) -> None:
        self._expected = self._during

    def _unloadable(self, header: dict[str, Any], _: bytes) -> None:
        raise VariableError(
            f"variable {short_text(header, 'variable', MAX_NAME_CHARS)!r} doesn't load in the"
            f" runner image: {short_text(header, 'reason', MAX_REASON_CHARS)}. Send plain data"
            " instead, or rebuild the image with `codegen-agent sandbox build` if the versions"
            " differ"
        )

    def _figure(self, header: dict[str, Any], body: bytes) -> None:
        if self._figures is None:
            self._figures = ReceivedFigures(self._policy, self._decoder)
        try:
            if header["type"] == "figure":
                self._figures.take(header.get("mime"), body)
            else:
                self._figures.take_preview(header.get("figure"), body)
        except PayloadError as error:
            self.note(printable(str(error), MAX_REASON_CHARS))

    def _variable(self, header: dict[str, Any], body: bytes) -> None:
        name = self._name(header)
        if name is None:
            return
        payload = _payload(header, body)
        try:
            self.variables[name] = self._decoder.decode(payload)
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
            self.display = self._decoder.decode(payload)
            self.payloads[DISPLAY] = payload
        except PayloadError as error:
            self.note(f"the displayed value: {printable(str(error), MAX_REASON_CHARS)}")

    def _finish(self, header: dict[str, Any], _: bytes) -> None:
        self._expected = {}
        self.finished = True
        self.error = described_error(header.get("error"))
        self.changed = [
            name for name in short_texts(header.get("changed_inputs")) if is_variable_name(name)
        ]
        for text in short_texts(header.get("notes")):
            self.note(text)

    def _break(self, header: dict[str, Any], _: bytes) -> None:
        self._expected = {}
        self.broken = short_text(header, "reason", MAX_REASON_CHARS)

    def _name(self, header: dict[str, Any]) -> str | None:
        name = header.get("name")
        if not isinstance(name, str) or not is_variable_name(name):
            self.note("a variable whose name is not an identifier")
        elif name in self.variables or name in self.withheld:
            self.note(f"variable {name[:MAX_NAME_CHARS]!r} was sent twice")
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


def described_error(described: object) -> ExecutionError | None:
    """Read the description of an exception; None if there is none."""
    if not isinstance(described, dict):
        return None
    line = described.get("line")
    return ExecutionError(
        name=short_text(described, "name", 200),
        message=full_text(described, "message", MAX_ERROR_CHARS),
        traceback=full_text(described, "traceback", MAX_ERROR_CHARS),
        line=line if type(line) is int and 0 < line < 1 << 31 else None,
    )


def full_text(header: dict[str, Any], key: str, max_chars: int) -> str:
    """Read a text unchanged, or return an empty one if there is none.

    Lone surrogates are escaped: JSON carries them, but files and checkpoints can't.
    """
    value = header.get(key, "")
    if not isinstance(value, str):
        return ""
    return value[:max_chars].encode("utf-8", "backslashreplace").decode("utf-8")


def short_text(header: dict[str, Any], key: str, max_chars: int) -> str:
    """Read a text for use in a sentence."""
    return printable(full_text(header, key, max_chars), max_chars)


def short_texts(values: object) -> Iterator[str]:
    """Read a list of texts, skipping other values."""
    if isinstance(values, list):
        for value in values[:MAX_TEXTS]:
            if isinstance(value, str):
                yield printable(value, MAX_LISTED_CHARS)


def printable(text: str, max_chars: int) -> str:
    """Put a text on one line; escape what could control a terminal."""
    line = " ".join(text[:max_chars].split())
    if not line.isprintable():
        line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
    return line[:max_chars]
