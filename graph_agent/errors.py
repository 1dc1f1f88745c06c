"""The agent's errors.

Generated code that fails raises nothing: it is data in the state. The tree::

    AgentError(RuntimeError)
    ├── RequestError               the request is invalid (bad input)
    │   └── VariableFileError      a variable's file can't be read
    ├── SettingsError              a setting or .env file is unusable
    ├── ModelError                 the model gave no usable answer
    │   ├── ModelSetupError        a key, a package or the weights are missing
    │   │   └── ModelUnknownError  no model has this name
    │   ├── ModelRequestError      the provider rejects the call (400, 401, 403, 404)
    │   ├── ModelTransientError    worth trying again (429, 5xx, timeouts, refused connections)
    │   └── ModelAnswerError       the answer is empty, blocked, truncated or malformed
    ├── OutputError                a result's files can't be written
    ├── ClusterError               a batch can't use Ray's machines, or one of them
    ├── RunStoppedError            the run was asked to stop and can be resumed
    └── CheckpointError            the checkpoint database is unusable
        └── ThreadError            no such run, or another process is running it

All derive from :class:`RuntimeError` because LangGraph's server shows clients only
the messages of ValueError, TypeError and RuntimeError. The sandbox's errors are in
:mod:`sandbox.errors`.
"""

from __future__ import annotations

from typing import (
    Literal,
    NotRequired,  # pydantic needs it below Python 3.12
)

from typing_extensions import TypedDict

AnswerFault = Literal["empty", "blocked", "truncated", "malformed"]
"""Why a model's answer cannot be used."""


class AnswerErrorFields(TypedDict):
    """The arguments of a :class:`ModelAnswerError`."""

    message: str
    kind: AnswerFault
    input_tokens: int
    output_tokens: int
    text: NotRequired[str]


class AgentError(RuntimeError):
    """Any error that this package raises on purpose."""


class RequestError(AgentError):
    """The request is invalid."""


class VariableFileError(RequestError):
    """A variable's file can't be read in the format of its name."""


class SettingsError(AgentError):
    """A setting or a .env file is unusable."""


class ModelError(AgentError):
    """The language model gave no usable answer."""


class ModelSetupError(ModelError):
    """The model can't be used: the key, a package or the weights are missing."""


class ModelUnknownError(ModelSetupError):
    """No model has this name."""


class ModelRequestError(ModelError):
    """The provider rejects the call; repeating it won't help."""


class ModelTransientError(ModelError):
    """The provider can't answer now; repeating the call may help.

    ``reason`` says in a few words why; ``retry_after_s`` is how long the provider asks to wait.
    """

    reason = "the model could not answer"
    retry_after_s: float | None = None


class ModelAnswerError(ModelError):
    """The model answered, but with nothing that can be used.

    Its tokens are paid for like any answer's; they are 0 if the provider doesn't say. ``text``
    is what it said, as far as it is kept.
    """

    def __init__(
        self,
        message: str,
        kind: AnswerFault,
        input_tokens: int = 0,
        output_tokens: int = 0,
        text: str = "",
    ) -> None:
        self.kind = kind
        self.text = text
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        super().__init__(message)

    def fields(self) -> AnswerErrorFields:
        """Return the arguments that make the same error again."""
        return {
            "message": str(self),
            "kind": self.kind,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "text": self.text,
        }


class OutputError(AgentError):
    """A result is there, but its files can't be written."""


class ClusterError(AgentError):
    """A Ray cluster, or a node of it, can't work for a batch."""


class RunStoppedError(AgentError):
    """The run was stopped; it can be resumed."""


class CheckpointError(AgentError):
    """The checkpoint database is unusable; what was saved before is kept."""


class ThreadError(CheckpointError):
    """There is no run with this thread id, or it can't be resumed."""
