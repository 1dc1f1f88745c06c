"""Results whose class stays in the sandbox: their fields, and how they print.

The decoder makes them. They also go into a container as they are, so this module imports nothing.
"""

from __future__ import annotations

from typing import Any

ORIGIN = "_origin"
"""The entry of an instance's ``__dict__`` that isn't a field: its class's name, and its text."""


def generic_text(name: str, fields: dict[str, Any]) -> str:
    """Print a result as named tuples and dataclasses print."""
    listed = ", ".join(f"{field}={value!r}" for field, value in fields.items())
    return f"{name.rpartition('.')[2]}({listed})"


def fields_of(record: Any) -> dict[str, Any]:
    """Return a record's fields, in order."""
    return {name: value for name, value in vars(record).items() if name != ORIGIN}


class _Result:
    """What all kinds have: the name of the original's class, and its text."""

    def __repr__(self) -> str:
        name, text = vars(self)[ORIGIN]
        return str(generic_text(name, fields_of(self)) if text is None else text)

    __str__ = __repr__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or ORIGIN not in vars(self):  # copy and pickle ask
            raise AttributeError(name)
        kind = vars(self)[ORIGIN][0].rpartition(".")[2]
        known = ", ".join(fields_of(self)) or "none; only its text came back"
        raise AttributeError(
            f"this {kind} came back as its fields ({known}); use {name!r} in the code that makes it"
        )


class ResultRecord(_Result):
    """An object that came back as its fields, each an attribute."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((vars(self)[ORIGIN][0], *fields_of(self).values()))


class ResultTuple(_Result, tuple[Any, ...]):  # noqa: SLOT001  # its fields are in __dict__
    """A named tuple with further fields or methods that came back as its fields."""


class ResultDict(_Result, dict[str, Any]):
    """A dict whose keys are also attributes."""

    def __getattr__(self, name: str) -> Any:
        # NumPy would read the memory that a "__array_interface__" names.
        if not name.startswith("__") and name in self:
            return self[name]
        return super().__getattr__(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *map(str, self)]


def with_origin(record: Any, name: str, text: str | None, fields: dict[str, Any]) -> Any:
    """Complete a new record; return it."""
    vars(record).update({ORIGIN: (name, text), **fields})
    return record
