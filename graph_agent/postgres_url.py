"""A Postgres URL: whether it is one, how it may be shown, what of it is secret."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

# As libpq reads it, but strict: what it takes for something else than was meant may be part of
# a password, such as an "@" within one, which must be %40.
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^:/@?#,\[\]]*)(?::\d*)?"
_URL = re.compile(
    r"(?P<scheme>postgres(?:ql)?)://"
    r"(?:(?P<user>[^:/@?#]*)(?::(?P<password>[^/@?#]*))?@)?"
    rf"(?P<place>{_HOST}(?:,{_HOST})*(?:/[^:/@?#]*)?)"
    r"(?:\?(?P<options>[^@#]*))?"
)
_BAD = re.compile(r"[^!-~]|%(?![0-9A-Fa-f]{2})|%00")


def check_postgres_url(url: object) -> object:
    """Refuse what is no Postgres URL, here rather than in libpq, whose message may quote it.

    Raises:
        ValueError: it is none; the message does not show it.
    """
    text = str(url)
    if _BAD.search(text) or not _URL.fullmatch(text):
        raise ValueError("no Postgres URL")
    return url


def shown(url: str) -> str:
    """Return a URL without its password and options, for messages."""
    found = _parts(url)
    user = f"{found['user']}@" if found["user"] else ""
    return f"{found['scheme']}://{user}{found['place']}"


def secrets_of(url: str) -> tuple[str, ...]:
    """Return the URL itself and its passwords, as written and as meant."""
    found = _parts(url)
    written = [found["password"] or ""]
    for option in (found["options"] or "").split("&"):
        name, _, value = option.partition("=")
        if "password" in name:
            written += [value, *(meant for _, meant in parse_qsl(option))]
    both = [one for text in written for one in (text, unquote(text)) if one]
    return tuple(dict.fromkeys([url, *both]))


def _parts(url: str) -> dict[str, str | None]:
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("no Postgres URL")
    return match.groupdict()
