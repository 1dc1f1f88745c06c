"""Errors around a run.

Code that fails or hits a limit raises none of them: that is an outcome of the
:class:`~sandbox.records.Execution`. The tree::

    SandboxError(RuntimeError)
    ├── SandboxUnavailableError      the environment cannot run code
    │   ├── EngineUnreachableError   no container engine answers
    │   ├── ImageMissingError        the runner image does not exist
    │   └── ImageBuildError          the runner image could not be built
    ├── SessionEndedError            the session's container is gone
    ├── PolicyError                  an impossible limit
    ├── VariableError                a variable cannot be sent
    │   ├── VariableNameError        its name is not an identifier
    │   ├── UnsendableVariableError  it cannot be pickled
    │   └── VariableStoreError       its stored bytes are missing or damaged
    ├── PayloadError                 what the container sent is malformed
    └── ConfinedError                work on untrusted data reached a limit, or failed

All derive from :class:`RuntimeError` because LangGraph's server shows clients only
the messages of ValueError, TypeError and RuntimeError.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal


class SandboxError(RuntimeError):
    """Base of the errors that this package raises."""


class SandboxUnavailableError(SandboxError):
    """The environment cannot run any code at present."""


class EngineUnreachableError(SandboxUnavailableError):
    """No container engine answers at the address."""


class ImageMissingError(SandboxUnavailableError):
    """The runner image is not on the engine."""


class ImageBuildError(SandboxUnavailableError):
    """The runner image, or its base, could not be built."""


class SessionEndedError(SandboxError):
    """A session's container is gone, and with it the names of its runs; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"this session has ended: {reason}. Its names are gone; open another one with"
            " sandbox.session()"
        )


class PolicyError(SandboxError):
    """A policy has a limit that no engine can enforce."""


class VariableError(SandboxError):
    """A variable cannot be sent to the sandbox."""


class VariableNameError(VariableError):
    """A variable's name can't be used by Python code."""

    def __init__(self, name: object, why: str = "is not a Python identifier") -> None:
        self.name = name
        super().__init__(f"variable name {name!r} {why}; rename it, for example to 'data'")


class UnsendableVariableError(VariableError):
    """One or more values cannot be pickled.

    ``reasons`` maps each variable's name to the reason.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        listed = "; ".join(f"{name!r}: {why}" for name, why in self.reasons.items())
        super().__init__(
            f"cannot send {listed}. Leave it out, send plain data made from it, or pass"
            " skip_unsendable=True to continue without it (the prompt then lists it as missing)"
        )


class VariableStoreError(VariableError):
    """Stored bytes are missing, damaged or unreadable."""


class PayloadError(SandboxError):
    """Bytes from a container cannot be decoded within their limits."""


class ConfinedError(SandboxError):
    """Work on untrusted data in a child process reached a limit or failed.

    ``cause``: the limit, ``failed`` for an exception there, ``crashed`` for anything else.
    """

    def __init__(self, cause: Literal["time", "memory", "failed", "crashed"], message: str) -> None:
        self.cause = cause
        super().__init__(message)
