"""Classify the failures of any provider's client.

Providers are recognized by duck typing: no client is imported for it. An exception is
examined together with its causes, the nearest first.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Literal

from graph_agent.config.redaction import redacted
from graph_agent.config.settings import key_origin
from graph_agent.errors import (
    AgentError,
    AnswerFault,
    ModelAnswerError,
    ModelError,
    ModelRequestError,
    ModelTransientError,
)
from graph_agent.models.names import LLMModels
from graph_agent.models.retry_waits import asked_wait_s, reason_of
from graph_agent.similar import closest

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
_QUOTED = re.compile(r"""['"]message['"]: (?P<mark>['"])(?P<text>.+?)(?P=mark)[,}]""", re.DOTALL)
_KEY_WORDS = re.compile(r"api[ _-]?key|authentication", re.IGNORECASE)
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
    secrets = set(secrets)
    safe = redacted(_shown(exc), secrets)
    kind = classify(exc)
    if kind == "malformed" and not has_schema:
        kind = "unreadable"
    about_key = _about_the_key(exc, model, safe, secrets) if kind == "request" else None
    closer = _closer(exc, kind)
    error = about_key or _MAKERS[closer](model, safe)
    if isinstance(error, ModelTransientError):
        error.reason = reason_of(model, _status_of(exc), closer == "unreachable")
        error.retry_after_s = asked_wait_s(_chain(exc))
    texts = "".join(str(cause) for cause in _chain(exc))
    if redacted(texts, secrets, max_chars=None) != texts:
        raise error from None
    raise error from exc


def _shown(exc: Exception) -> str:
    """Return an error's text; of one that quotes the provider's JSON, what the provider said."""
    said = _QUOTED.search(str(exc))
    if said is None:
        return f"{type(exc).__name__}: {exc}"
    status = _status_of(exc)
    return f"{type(exc).__name__}{f', {status}' if status else ''}: {said['text']}"


def _status_of(exc: BaseException) -> int | None:
    statuses = (getattr(exc, name, None) for name in ("status_code", "code"))
    found = [status for status in statuses if isinstance(status, int)]
    quoted = re.search(r"\b[45]\d\d\b", str(exc))
    return found[0] if found else int(quoted[0]) if quoted else None


def _about_the_key(
    exc: Exception, model: str, safe: str, secrets: Collection[str]
) -> ModelRequestError | None:
    """Return the error for a key that isn't accepted, with where it came from; else None."""
    if _status_of(exc) not in (401, 403) and not _KEY_WORDS.search(str(exc)):
        return None
    origin = key_origin(secrets)
    which = f"the key is {origin}; correct it there" if origin else "give another key"
    return ModelRequestError(f"the provider of {model!r} doesn't accept the key ({safe}): {which}")


def _closer(exc: Exception, kind: Kind) -> _Said:
    """Tell a model that isn't there, and a machine without a network, from their like."""
    if kind == "request" and _status_of(exc) == 404:
        return "no model"
    if kind == "transient" and any(_is_unreachable(cause) for cause in _chain(exc)):
        return "unreachable"
    return kind


def _is_unreachable(exc: BaseException) -> bool:
    return type(exc).__name__ in ("ConnectError", "ConnectTimeout", "gaierror") or isinstance(
        exc, ConnectionRefusedError
    )


def _no_model(model: str, why: str) -> ModelError:
    known = [name.value for name in LLMModels]
    close = closest(model.rpartition(":")[2], known, 0.7)
    meant = f"; did you mean {close!r}?" if close not in (None, model) else ""
    return ModelRequestError(
        f"the provider has no model {model!r} for this key ({why}){meant or '; check its name'}"
    )


def _answer(kind: AnswerFault, what: str) -> Callable[[str, str], ModelError]:
    return lambda model, why: ModelAnswerError(f"the answer of {model!r} {what} ({why})", kind)


_Said = Kind | Literal["no model", "unreachable"]
_MAKERS: dict[_Said, Callable[[str, str], ModelError]] = {
    "no model": _no_model,
    "unreachable": lambda model, why: ModelTransientError(
        f"the server of {model!r} can't be reached ({why}); check the network, a proxy and its"
        " address, or use the model 'local', which needs no network"
    ),
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
