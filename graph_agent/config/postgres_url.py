"""A Postgres URL: whether it is valid, how to show it, which parts are secret.

Not ``pydantic.PostgresDsn``: it refuses a URL without a host (a local socket),
and accepts an "@" in a password, which libpq reads as the start of the host.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

# Like libpq, but strict: an unescaped "@" in a password, which must be %40, would make
# libpq treat the rest of the password as a host name, and quote it.
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^:/@?#,\[\]]*)(?::\d*)?"
_URL = re.compile(
    r"(?P<scheme>postgres(?:ql)?)://"
    r"(?:(?P<user>[^:/@?#]*)(?::(?P<password>[^/@?#]*))?@)?"
    rf"(?P<place>{_HOST}(?:,{_HOST})*(?:/[^:/@?#]*)?)"
    r"(?:\?(?P<options>[^@#]*))?"
)
_BAD = re.compile(r"[^!-~]|%(?![0-9A-Fa-f]{2})|%00")


def check_postgres_url(url: object) -> object:
    """Refuse an invalid Postgres URL before libpq does, whose message may quote it.

    Raises:
        ValueError: it is invalid; the message doesn't show it.
    """
    text = str(url)
    if _BAD.search(text) or not _URL.fullmatch(text):
        raise ValueError("not a Postgres URL")
    return url


def shown(url: str) -> str:
    """Return a URL without its password and options, for messages."""
    found = _parts(url)
    user = f"{found['user']}@" if found["user"] else ""
    return f"{found['scheme']}://{user}{found['place']}"


def secrets_of(url: str) -> tuple[str, ...]:
    """Return the URL itself and its passwords, as written and decoded."""
    found = _parts(url)
    written = [found["password"] or ""]
    for option in (found["options"] or "").split("&"):
        name, _, value = option.partition("=")
        if "password" in name:
            written += [value, *(decoded for _, decoded in parse_qsl(option))]
    passwords = [form for text in written for form in (text, unquote(text)) if form]
    return tuple(dict.fromkeys([url, *passwords]))


def _parts(url: str) -> dict[str, str | None]:
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("not a Postgres URL")
    return match.groupdict()
