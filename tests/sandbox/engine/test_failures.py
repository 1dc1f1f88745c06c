"""Failures of the engine, and the cause of a crash, on the real engine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import docker.errors
import pytest
import requests

from sandbox import ImageMissingError, SandboxUnavailableError
from sandbox.engine.connection import connect, engine_errors
from sandbox.engine.failures import engine_time, find_crash_cause
from sandbox.image import image_tag

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with contextlib.closing(connect()) as client:
        yield client


def start(client: Any, program: str) -> Any:
    """Start a container that the engine removes when it ends."""
    return client.containers.run(
        image_tag(),
        entrypoint=["python3", "-c", program],
        auto_remove=True,
        detach=True,
        mem_limit="64m",
        memswap_limit="64m",
        network_mode="none",
    )


@pytest.mark.parametrize(
    ("program", "cause"),
    [("x = bytearray(1 << 30)", "memory"), ("import os; os.abort()", "code"), ("exit(3)", "code")],
)
def test_a_crash_is_the_codes_or_lack_of_memory(client: Any, program: str, cause: str) -> None:
    assert find_crash_cause(client.api, start(client, program).id) == cause


def test_an_end_from_outside_is_not_a_crash(client: Any) -> None:
    killed = start(client, "import time; time.sleep(60)")
    killed.kill()
    with pytest.raises(SandboxUnavailableError, match="killed or removed from outside"):
        find_crash_cause(client.api, killed.id)


def test_exit_code_0_without_a_report_is_a_lost_connection(client: Any) -> None:
    with pytest.raises(SandboxUnavailableError, match="connection .* was lost"):
        find_crash_cause(client.api, start(client, "pass").id)


def test_a_missing_image_names_the_command(client: Any) -> None:
    missing = pytest.raises(ImageMissingError, match="codegen-agent sandbox build")
    with missing, engine_errors("testing"):
        client.api.inspect_image("codegen-agent-runner:never-built")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (docker.errors.APIError("boom", explanation="disk full"), "while testing: disk full"),
        (requests.ConnectionError("gone"), "not answer while testing .ConnectionError: gone"),
        (TimeoutError("slow"), "not answer while testing .TimeoutError: slow"),
    ],
)
def test_other_failures_make_the_sandbox_unavailable(error: Exception, words: str) -> None:
    with pytest.raises(SandboxUnavailableError, match=words), engine_errors("testing"):
        raise error


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), engine_errors("testing"):
        raise ZeroDivisionError


def test_the_engines_clock(client: Any) -> None:
    assert abs(float(engine_time(client.api)) - time.time()) < 60
