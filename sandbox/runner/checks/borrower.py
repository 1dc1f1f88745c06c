"""The checks' side: asks the code's process, and treats each answer as hostile."""

from __future__ import annotations

import builtins
import hashlib
import io
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, TypeGuard

import cloudpickle

from ..inputs import Given
from ..shared.decode import decode_payload
from ..shared.limits import PayloadLimits
from .clean_imports import own_module, own_object
from .line import Line
from .operations import READING
from .proxies import Proxy, is_proxy

MAX_MESSAGE_CHARS = 10_000


class CodeEndedError(BaseException):
    """The code's process gives no usable answer. No check may catch this by ``Exception``."""


class Borrower:
    """Borrows variables and functions of the code for the checks.

    ``calls`` counts what may have changed the code's variables. ``digests``: SHA-256 of each
    variable's payload as it first came.
    """

    def __init__(self, line: Line, max_bytes: int) -> None:
        self._line = line
        self._limits = PayloadLimits(max_bytes=max_bytes)
        self._proxies: dict[int, Proxy] = {}
        self._exceptions: dict[int, type[BaseException]] = {}
        self.given = Given()
        self.calls = 0
        self.digests: dict[str, str] = {}

    def begin(self) -> dict[str, Any] | None:
        """Wait for the code's end; None if it never comes to the checks."""
        message = self._line.receive()
        return message[0] if message is not None and message[0]["type"] == "begin" else None

    def variable(self, name: str, *, known: bool) -> tuple[str, Any]:
        """Ask for a variable: ``missing``, ``given``, ``same`` as before, or ``value`` with it."""
        header, body = self._ask({"type": "global", "name": name, "known": known})
        if header["type"] != "value":
            return str(header["type"]), None
        if body and not self.calls:
            self.note(name, body)
        return "value", self._value(header, body, name)

    def note(self, name: str, payload: bytes) -> None:
        """Note a variable's payload, for comparison with what the host gets."""
        self.digests.setdefault(name, hashlib.sha256(payload).hexdigest())

    def attribute(self, proxy: Any, name: str) -> Any:
        """Read an attribute in the code's process."""
        return self.apply("getattr", proxy, name, wanted=name)

    def apply(self, operation: str, *arguments: Any, wanted: str = "", **named: Any) -> Any:
        """Do something in the code's process; return or raise what it does."""
        header, body = self._ask({"type": operation}, self._pickled((arguments, named)))
        if operation not in READING:
            self.calls += 1
        if header["type"] == "raised":
            raise self._exception(header)
        result = self._value(header, body, wanted)
        for position in header.get("changed") or ():
            now = self._value(*self._received(), "")
            _change(arguments[position], now)
        return result

    def _ask(self, header: dict[str, Any], body: bytes = b"") -> tuple[dict[str, Any], bytes]:
        try:
            self._line.send(header, [body] if body else [])
        except OSError:
            raise CodeEndedError("its process ended before the checks did") from None
        return self._received()

    def _received(self) -> tuple[dict[str, Any], bytes]:
        try:
            answer = self._line.receive()
        except ValueError as error:
            raise CodeEndedError(f"it answered with something else ({error})") from None
        if answer is None:
            raise CodeEndedError("its process ended before the checks did")
        return answer

    def _value(self, header: dict[str, Any], body: bytes, wanted: str) -> Any:
        if header["type"] != "value":
            raise CodeEndedError("it gave an answer that isn't a value")
        number = header.get("number")
        snapshot = (decode_payload(body, self._limits),) if header.get("coded") else ()
        if snapshot and type(number) is not int:
            return snapshot[0]
        if type(number) is not int:
            raise CodeEndedError("it gave an answer without a value")
        own = self._own(header, number, wanted)
        return self._proxy(header, number, snapshot) if own is None else own

    def _own(self, header: dict[str, Any], number: int, wanted: str) -> Any:
        """Return what the checks have themselves, such as a module; None: only the code has it."""
        if "module" in header:
            return own_module(header["module"])
        if "coroutine" in header:
            return _awaited(self, self._proxy(header, number, ()))
        origin = header.get("origin")
        if isinstance(origin, list) and (found := own_object(origin, wanted)) is not None:
            return found
        if "exception" in header:
            return self._exception_class(number, header["exception"])
        return None

    def _proxy(self, header: dict[str, Any], number: int, snapshot: tuple[Any, ...]) -> Proxy:
        kind = str(header.get("value_type"))[:200]
        if number in self._proxies and not snapshot:
            return self._proxies[number]
        return self._proxies.setdefault(
            number, Proxy(self, number, kind, snapshot, header.get("bases"))
        )

    def _exception_class(self, number: int, names: Any) -> type[BaseException]:
        """Make the class that stands for one of the code, below a built-in one."""
        listed = [str(name) for name in names]
        found = (getattr(builtins, name, None) for name in listed)
        base: type[Exception] = next((kind for kind in found if _is_error(kind)), RuntimeError)
        if base.__name__ == listed[0]:
            return base
        if number not in self._exceptions:
            self._exceptions[number] = type(listed[0], (base,), {})
        return self._exceptions[number]

    def _exception(self, header: dict[str, Any]) -> BaseException:
        message = str(header.get("message"))[:MAX_MESSAGE_CHARS]
        kind = self._exception_class(int(header["class"]), header["names"])
        try:
            return kind(message)
        except TypeError:  # such as UnicodeDecodeError, which takes more than a message
            return ValueError(message) if issubclass(kind, ValueError) else RuntimeError(message)

    def _pickled(self, value: Any) -> bytes:
        stream = io.BytesIO()
        _Pickler(stream, self.given).dump(value)
        return stream.getvalue()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it ships no types
    """Pickles arguments; an object of the code, or a big given value, goes by reference."""

    def __init__(self, stream: io.BytesIO, given: Given) -> None:
        super().__init__(stream, protocol=5)
        self._references = {
            id(value): name for name, value in given.values.items() if given.is_as_mapped(name)
        }

    def persistent_id(self, value: Any) -> Any:
        if is_proxy(value):
            return "lent", value._number
        name = self._references.get(id(value))
        return None if name is None else ("given", name)


def _is_error(kind: Any) -> TypeGuard[type[Exception]]:
    return isinstance(kind, type) and issubclass(kind, Exception)


def _awaited(borrower: Borrower, coroutine: Any) -> Any:
    async def awaited() -> Any:
        return borrower.apply("finish", coroutine)

    return awaited()


def _replace_items(old: Any, new: Any) -> None:
    old[:] = new


def _replace_content(old: Any, new: Any) -> None:
    old.clear()
    (old.extend if hasattr(old, "extend") else old.update)(new)


_CHANGES: MappingProxyType[str, Callable[[Any, Any], None]] = MappingProxyType(
    {
        "list": _replace_items,
        "bytearray": _replace_items,
        "dict": _replace_content,
        "set": _replace_content,
        "deque": _replace_content,
        "ndarray": lambda old, new: old.__setitem__(..., new),
        "DataFrame": lambda old, new: old._update_inplace(new),
        "Series": lambda old, new: old._update_inplace(new),
    }
)


def _change(argument: Any, now: Any) -> None:
    """Do to an argument what the call did to its copy in the code's process."""
    if type(argument) is type(now) and type(now).__name__ in _CHANGES:
        _CHANGES[type(now).__name__](argument, now)
