"""Classify the failures of any provider's client.

Providers are recognized by duck typing: no client is imported for it. An exception is
examined together with its causes, the nearest first.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from graph_agent.config.redaction import redacted
from graph_agent.errors import (
    AgentError,
    AnswerFault,
    ModelAnswerError,
    ModelError,
    ModelRequestError,
    ModelTransientError,
)

__all__ = ["classify", "is_transient", "raise_translated"]

Kind = Literal["transient", "request", "unknown", "unreadable", AnswerFault]

_TRANSIENT_STATUS = frozenset({408, 409, 425, 429})  # 409: OpenAI's "try again" for a lock
_PERMANENT_5XX = frozenset({501, 505})
_TRANSPORTS = frozenset({"httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3"})
_TRANSPORT_ERRORS = frozenset(
    {
        *(
            "TransportError",
            "StreamError",
            "NetworkError",
            "ProtocolError",
        ),  # httpx and its core
        *(
            "TimeoutException",
            "ConnectionError",
            "Timeout",
            "ChunkedEncodingError",
        ),  # requests
        *("TimeoutError", "NewConnectionError", "IncompleteRead"),  # urllib3
    }
)
_EMPTY_STREAM = frozenset({"No generations found in stream.", "No generation chunks were returned"})
"""LangChain's messages for a stream without a chunk; the error has no class of its own."""
_BY_NAME: dict[tuple[str, str], Kind] = {
    ("openai", "APIConnectionError"): "transient",
    ("anthropic", "APIConnectionError"): "transient",
    ("aiohttp", "ClientConnectionError"): "transient",
    ("aiohttp", "ClientPayloadError"): "transient",
    ("openai", "LengthFinishReasonError"): "truncated",
    ("openai", "ContentFilterFinishReasonError"): "blocked",
    ("langchain_openai", "OpenAIRefusalError"): "blocked",
    ("openai", "APIResponseValidationError"): "unreadable",
    ("google", "UnknownApiResponseError"): "unreadable",
    ("json", "JSONDecodeError"): "unreadable",
    ("pydantic_core", "ValidationError"): "malformed",
    ("httpx", "UnsupportedProtocol"): "request",
    ("httpx", "DecodingError"): "unreadable",
    ("httpx2", "UnsupportedProtocol"): "request",
    ("httpx2", "DecodingError"): "unreadable",
}


def is_transient(exc: BaseException) -> bool:
    """Return whether repeating the call may help; for ``RetryPolicy.retry_on``."""
    if isinstance(exc, AgentError):
        return isinstance(exc, ModelTransientError)
    if type(exc).__module__.partition(".")[0] in ("sandbox", "langgraph"):
        return False
    return classify(exc) in ("transient", "unreadable")


def classify(exc: BaseException) -> Kind:
    """Return the kind of failure of a client's exception."""
    chain = list(_chain(exc))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain):
        return "request"  # repeating doesn't help with a proxy's certificate
    for cause in chain:
        kind = _by_class(cause) or _by_status(cause)
        if kind is not None:
            return kind
    return "unknown"


def _chain(exc: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = exc
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _by_class(exc: BaseException) -> Kind | None:
    for cls in type(exc).__mro__:
        root = cls.__module__.partition(".")[0]
        if (root, cls.__name__) in _BY_NAME:
            return _BY_NAME[root, cls.__name__]
        if root in _TRANSPORTS and cls.__name__ in _TRANSPORT_ERRORS:
            return "transient"
    retryable = getattr(exc, "is_retryable", None)  # of langchain_core's ModelError
    if isinstance(retryable, bool):
        # Some failures have no class of their own: their status may say more.
        return "transient" if retryable else _by_status(exc) or "request"
    if type(exc) is ValueError and str(exc) in _EMPTY_STREAM:
        return "transient"
    if isinstance(exc, (TimeoutError, ConnectionError)):
        return "transient"
    if isinstance(exc, OSError) and type(exc).__name__ in ("gaierror", "herror"):
        return "transient"
    return None


def _by_status(exc: BaseException) -> Kind | None:
    response = getattr(exc, "response", None)
    for holder in (exc, response):
        for field in ("status_code", "code"):
            status = getattr(holder, field, None)
            if isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600:
                again = status in _TRANSIENT_STATUS or status >= 500
                return "transient" if again and status not in _PERMANENT_5XX else "request"
    return None


def raise_translated(
    exc: Exception, model: str, secrets: Iterable[str], *, has_schema: bool = False
) -> None:
    """Raise this package's error for a client's exception; return if it must pass unchanged.

    An exception that would show a key isn't kept as the cause. ``has_schema``: the model was
    asked for a record, and may itself have written what can't be read.

    Raises:
        ModelError: always, except for our own errors and LangGraph's control flow.
    """
    if isinstance(exc, AgentError) or type(exc).__module__.partition(".")[0] == "langgraph":
        return
    ours = next((cause for cause in _chain(exc) if isinstance(cause, AgentError)), None)
    if ours is not None:  # raised below the client, which wrapped it
        raise ours from None
    shown = f"{type(exc).__name__}: {exc}"
    safe = redacted(shown, secrets)
    kind = classify(exc)
    if kind == "malformed" and not has_schema:
        kind = "unreadable"
    error = _MAKERS[kind](model, safe)
    texts = "".join(str(cause) for cause in _chain(exc))
    if redacted(texts, secrets, max_chars=None) != texts:
        raise error from None
    raise error from exc


def _answer(kind: AnswerFault, what: str) -> Callable[[str, str], ModelError]:
    return lambda model, why: ModelAnswerError(f"the answer of {model!r} {what} ({why})", kind)


_MAKERS: dict[Kind, Callable[[str, str], ModelError]] = {
    "transient": lambda model, why: ModelTransientError(
        f"the model {model!r} could not answer now ({why}); try again later"
    ),
    "request": lambda model, why: ModelRequestError(
        f"the provider of {model!r} rejects the call ({why}); check the key and the model's name"
    ),
    "unknown": lambda model, why: ModelRequestError(
        f"the client of {model!r} failed in an unknown way ({why})"
    ),
    "unreadable": lambda model, why: ModelTransientError(
        f"what came for {model!r} is no answer ({why}); try again later, and check its address"
        " and whether a proxy answers for it"
    ),
    "blocked": _answer("blocked", "was blocked; word the request differently"),
    "truncated": _answer("truncated", "was cut off at the model's limit"),
    "empty": _answer("empty", "was empty; ask again or use another model"),
    "malformed": _answer("malformed", "could not be read"),
}
