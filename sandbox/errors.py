"""What can go wrong around a run, as opposed to inside it.

Code that fails, or that hits a limit, is no exception here: it is an
:class:`~sandbox.records.Execution` with its outcome. These are the rest::

    SandboxError(RuntimeError)
    ├── SandboxUnavailableError      the environment cannot run anything
    │   ├── EngineUnreachableError   no container engine answers
    │   ├── ImageMissingError        the runner image is not there
    │   └── ImageBuildError          the runner image could not be built
    ├── PolicyError                  a limit that makes no sense
    ├── VariableError                a variable that cannot be handed over
    │   ├── VariableNameError        its name is no identifier
    │   ├── UnsendableVariableError  it cannot be pickled
    │   └── VariableStoreError       its stored bytes are gone or damaged
    └── PayloadError                 what the container sent is malformed

All derive from :class:`RuntimeError` because LangGraph's server shows clients
the messages of ValueError, TypeError and RuntimeError only.
"""

from __future__ import annotations

from collections.abc import Mapping


class SandboxError(RuntimeError):
    """Anything this package raises on purpose."""


class SandboxUnavailableError(SandboxError):
    """The environment cannot run code now; the code itself is not to blame."""


class EngineUnreachableError(SandboxUnavailableError):
    """No container engine answers where one was looked for."""


class ImageMissingError(SandboxUnavailableError):
    """The runner image is not on the engine."""


class ImageBuildError(SandboxUnavailableError):
    """The runner image, or its base, could not be built."""


class PolicyError(SandboxError):
    """A policy asks for something no engine can give."""


class VariableError(SandboxError):
    """A variable cannot be handed to the sandbox."""


class VariableNameError(VariableError):
    """A variable's name is not usable as a Python identifier."""

    def __init__(self, name: object, why: str = "is not a Python identifier") -> None:
        self.name = name
        super().__init__(f"variable name {name!r} {why}; rename it, for example to 'data'")


class UnsendableVariableError(VariableError):
    """One or more values cannot be pickled.

    ``reasons`` maps each variable's name to why it cannot go.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        listed = "; ".join(f"{name!r}: {why}" for name, why in self.reasons.items())
        super().__init__(
            f"cannot send {listed}. Leave it out, send plain data made from it, or pass"
            " skip_unsendable=True to go on without it (the model is told it is not there)"
        )


class VariableStoreError(VariableError):
    """Stored bytes are missing, damaged or unreadable."""


class PayloadError(SandboxError):
    """Bytes that came out of a container do not decode within their limits."""
