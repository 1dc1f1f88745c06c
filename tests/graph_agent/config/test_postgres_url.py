"""Postgres URLs: which are valid, how they are shown, what is secret."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from graph_agent.config.postgres_url import check_postgres_url, secrets_of, shown

GOOD = {
    "postgresql://host/db": ("postgresql://host/db", ()),
    "postgres://me@host:5432/db": ("postgres://me@host:5432/db", ()),
    "postgresql://me:pass@host/db": ("postgresql://me@host/db", ("pass",)),
    "postgresql://:pass@host/db": ("postgresql://host/db", ("pass",)),
    "postgresql:///db?host=/run/postgresql": ("postgresql:///db", ()),
    "postgresql://me:p%40ss@a:1,b:2/db?sslmode=require": (
        "postgresql://me@a:1,b:2/db",
        ("p%40ss", "p@ss"),
    ),
    "postgresql://[::1]:5432/db?password=in%2Bside&sslpassword=key": (
        "postgresql://[::1]:5432/db",
        ("in%2Bside", "in+side", "key"),
    ),
}


@pytest.mark.parametrize("url", GOOD)
def test_valid_urls(url: str) -> None:
    assert check_postgres_url(url) == url
    assert (shown(url), secrets_of(url)) == (GOOD[url][0], (url, *GOOD[url][1]))
    # The secrets include what libpq reads as the password.
    password = conninfo_to_dict(url).get("password")
    assert password is None or password in secrets_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://host/db",
        "host=localhost dbname=x",
        "postgresql:host/db",
        "postgresql://me:pa@ss@host/db",
        "postgresql://me:pa/ss@host/db",
        "postgresql://me:pa?ss@host/db",
        "postgresql://me:pa#ss@host/db",
        "postgresql://me:pa ss@host/db",
        "postgresql://me:pa%zz@host/db",
        "postgresql://me:pa%00@host/db",
        "postgresql://me:p\u00e4ss@host/db",
        "xpostgresql://host/db",
        "postgresql://me:forgot-the-host/db",
    ],
)
def test_invalid_urls(url: str) -> None:
    with pytest.raises(ValueError, match="not a Postgres URL"):
        check_postgres_url(url)
