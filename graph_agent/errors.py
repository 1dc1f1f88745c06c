"""Errors of the agent, as opposed to failures of the generated code.

Generated code that fails is data in the state. What is raised::

    AgentError(RuntimeError)
    ├── RequestError               the request itself is unusable (bad input)
    │   └── VariableFileError      a file given for a variable cannot be read
    ├── SettingsError              a setting or .env file is unusable
    ├── ModelError                 the model gave nothing usable
    │   ├── ModelSetupError        no key, a package or weights missing
    │   │   └── ModelUnknownError  no model has this name
    │   ├── ModelRequestError      the provider rejects the call for good (400, 401, 403, 404)
    │   ├── ModelTransientError    worth trying again (429, 5xx, timeouts, refused connections)
    │   └── ModelAnswerError       an answer that is empty, blocked, truncated or malformed
    ├── RunStoppedError            the run was asked to stop, and can be resumed
    └── CheckpointError            the checkpoint database is unusable
        └── ThreadError            no such run, or another process works on it

All derive from :class:`RuntimeError` because LangGraph's server shows clients
the messages of ValueError, TypeError and RuntimeError only. The sandbox has a
tree of its own, :mod:`sandbox.errors`.
"""

from __future__ import annotations


class AgentError(RuntimeError):
    """Anything this package raises on purpose."""


class RequestError(AgentError):
    """The request cannot be worked on as it is."""


class VariableFileError(RequestError):
    """A file named for a variable cannot be read as what its name says."""


class SettingsError(AgentError):
    """A setting or a .env file is unusable."""


class ModelError(AgentError):
    """The language model gave nothing usable."""


class ModelSetupError(ModelError):
    """The model cannot be reached at all: no key, no package, no weights."""


class ModelUnknownError(ModelSetupError):
    """No model has this name."""


class ModelRequestError(ModelError):
    """The provider rejects the call; repeating it would not help."""


class ModelTransientError(ModelError):
    """The provider could not answer now; repeating the call may help."""


class ModelAnswerError(ModelError):
    """The model answered, but with nothing that can be used.

    ``kind`` is ``empty``, ``blocked``, ``truncated`` or ``malformed``. Its tokens
    are paid for like any answer's; they are 0 where the provider does not tell.
    """

    def __init__(
        self, message: str, kind: str, input_tokens: int = 0, output_tokens: int = 0
    ) -> None:
        self.kind = kind
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        super().__init__(message)

    def fields(self) -> dict[str, str | int]:
        """Return the arguments that make the same error again."""
        return {
            "message": str(self),
            "kind": self.kind,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
        }


class RunStoppedError(AgentError):
    """The run stopped between two steps because it was asked to; it can be resumed."""


class CheckpointError(AgentError):
    """The checkpoint database is unusable; what was saved before stays."""


class ThreadError(CheckpointError):
    """No run has this thread id, or it cannot be taken up, as another process does so."""
