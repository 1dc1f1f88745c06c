"""Tells the failures of any provider's client apart.

Providers are told by duck typing: no client is imported to be recognised. An
exception is looked at together with those that caused it, nearest first.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from graph_agent.errors import (
    AgentError,
    ModelAnswerError,
    ModelError,
    ModelRequestError,
    ModelTransientError,
)
from graph_agent.models.redaction import redacted

__all__ = ["classify", "is_transient", "raise_translated"]

Kind = Literal["transient", "request", "blocked", "truncated", "empty", "malformed", "unknown"]

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
"""LangChain's words for a stream without a chunk, which have no class of their own."""
_BY_NAME: dict[tuple[str, str], Kind] = {
    ("openai", "APIConnectionError"): "transient",
    ("anthropic", "APIConnectionError"): "transient",
    ("aiohttp", "ClientConnectionError"): "transient",
    ("aiohttp", "ClientPayloadError"): "transient",
    ("openai", "LengthFinishReasonError"): "truncated",
    ("openai", "ContentFilterFinishReasonError"): "blocked",
    ("langchain_openai", "OpenAIRefusalError"): "blocked",
    ("openai", "APIResponseValidationError"): "malformed",
    ("google", "UnknownApiResponseError"): "malformed",
    ("json", "JSONDecodeError"): "malformed",
    ("pydantic_core", "ValidationError"): "malformed",
    ("httpx", "UnsupportedProtocol"): "request",
    ("httpx", "DecodingError"): "malformed",
    ("httpx2", "UnsupportedProtocol"): "request",
    ("httpx2", "DecodingError"): "malformed",
}


def is_transient(exc: BaseException) -> bool:
    """Tell whether repeating the call may help; made for ``RetryPolicy.retry_on``."""
    if isinstance(exc, AgentError):
        return isinstance(exc, ModelTransientError)
    if type(exc).__module__.partition(".")[0] in ("sandbox", "langgraph"):
        return False
    return classify(exc) == "transient"


def classify(exc: BaseException) -> Kind:
    """Tell what kind of failure a client's exception is."""
    chain = list(_chain(exc))
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in chain):
        return "request"  # a proxy's certificate does not mend itself
    for one in chain:
        kind = _by_class(one) or _by_status(one)
        if kind is not None:
            return kind
    return "unknown"


def _chain(exc: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = exc
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _by_class(exc: BaseException) -> Kind | None:
    for cls in type(exc).__mro__:
        root = cls.__module__.partition(".")[0]
        if (root, cls.__name__) in _BY_NAME:
            return _BY_NAME[root, cls.__name__]
        if root in _TRANSPORTS and cls.__name__ in _TRANSPORT_ERRORS:
            return "transient"
    retryable = getattr(exc, "is_retryable", None)  # of langchain_core's ModelError
    if isinstance(retryable, bool):
        # Some conditions have no class of their own: their status may say more.
        return "transient" if retryable else _by_status(exc) or "request"
    if type(exc) is ValueError and str(exc) in _EMPTY_STREAM:
        return "empty"
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


def raise_translated(exc: Exception, model: str, secrets: Iterable[str]) -> None:
    """Raise this package's error for a client's exception; return if it is none of ours to touch.

    An exception that would show a key is not kept as the cause.

    Raises:
        ModelError: always, except for our own errors and LangGraph's control flow.
    """
    if isinstance(exc, AgentError) or type(exc).__module__.partition(".")[0] == "langgraph":
        return
    shown = f"{type(exc).__name__}: {exc}"
    safe = redacted(shown, secrets)
    error = _MAKERS[classify(exc)](model, safe)
    texts = "".join(str(one) for one in _chain(exc))
    if redacted(texts, secrets, max_chars=None) != texts:
        raise error from None
    raise error from exc


def _answer(kind: str, what: str) -> Callable[[str, str], ModelError]:
    return lambda model, why: ModelAnswerError(f"the answer of {model!r} {what} ({why})", kind)


_MAKERS: dict[Kind, Callable[[str, str], ModelError]] = {
    "transient": lambda model, why: ModelTransientError(
        f"the model {model!r} could not answer now ({why}); try again later"
    ),
    "request": lambda model, why: ModelRequestError(
        f"the provider of {model!r} rejects the call ({why}); check the key and the model's name"
    ),
    "unknown": lambda model, why: ModelRequestError(
        f"the client of {model!r} failed in a way that is not known ({why})"
    ),
    "blocked": _answer("blocked", "was blocked; word the request differently"),
    "truncated": _answer("truncated", "was cut off at the model's limit"),
    "empty": _answer("empty", "was empty; ask again or take another model"),
    "malformed": _answer("malformed", "could not be read"),
}
