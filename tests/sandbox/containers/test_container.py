"""One container by itself: readiness, its name, serving, and removal in any state."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import SandboxPolicy, SandboxUnavailableError
from sandbox.arguments import job_message
from sandbox.containers.container import Container
from sandbox.containers.job_mount import SharedFolder
from sandbox.engine.connection import connect
from sandbox.engine.facts import engine_facts
from sandbox.image import image_tag
from sandbox.variables.bundle import VariableBundle

pytestmark = pytest.mark.docker
POLICY = SandboxPolicy(memory="256m", timeout_s=120)
Start = Callable[..., Container]


@pytest.fixture
def client() -> Iterator[Any]:
    with contextlib.closing(connect()) as client:
        yield client


@pytest.fixture
def start(client: Any, tmp_path: Path) -> Iterator[Start]:
    """Start containers, each with a folder of its own; removed after the test."""
    with contextlib.ExitStack() as started:

        def start(policy: SandboxPolicy = POLICY, label: str = "") -> Container:
            folder = tmp_path / secrets.token_hex(4)
            folder.mkdir()
            folder.chmod(0o755)
            container = Container(
                client,
                image_tag(),
                policy,
                SharedFolder(folder),
                labels={"org.codegen-agent.test": label},
                engine=engine_facts(client),
                given_up=threading.Event(),
            )
            started.callback(container.remove)
            return container

        for parent in (tmp_path, *tmp_path.parents[:3]):
            parent.chmod(0o755)
        yield start


def job(code: str) -> bytes:
    return job_message(code, VariableBundle("", ""), None, None, POLICY)


def exists(client: Any, container: Container) -> bool:
    found = client.api.containers(all=True, filters={"id": container.id})
    return bool(found)


def test_it_serves_and_is_removed(client: Any, start: Start) -> None:
    container = start()
    assert container.take()
    heard: list[tuple[str, str]] = []
    run = container.serve(job("print('hi')"), lambda name, text: heard.append((name, text)))
    assert (run.end, bytes(run.stdout)) == ("exited", b"hi\n")
    # What is printed may arrive in pieces.
    assert {name for name, _ in heard} == {"stdout"}
    assert "".join(text for _, text in heard) == "hi\n"
    assert run.exit_report is not None
    assert 0 < run.exit_report.pop("duration_s") < 60
    assert run.exit_report == {"code": 0, "exceeded": None, "oom_kills": 0}
    container.remove()
    container.remove()
    assert not exists(client, container)


def test_an_error_of_the_listener_is_not_an_end_of_the_run(start: Start) -> None:
    def fail(*_: object) -> None:
        raise BrokenPipeError("the listener's own")

    with pytest.raises(BrokenPipeError, match="the listener's own"):
        start().serve(job("print('hi')"), fail)


def test_a_name_is_taken_over_from_another_container(client: Any, start: Start) -> None:
    name = f"codegen-agent-test-{secrets.token_hex(8)}"
    first, second = start(), start()
    first.rename(name)
    second.rename(name)
    second.rename(None)
    assert client.containers.get(name).id == second.id
    assert not exists(client, first)


def test_ending_it_from_another_thread(start: Start) -> None:
    container = start()
    ended = threading.Timer(0, container.end)
    with pytest.raises(SandboxUnavailableError, match="outside"):
        container.serve(
            job("print('up', end='', flush=True)\nimport time; time.sleep(100)"),
            lambda *_: ended.start(),
        )
    ended.join()


def test_a_container_that_is_never_ready_is_removed(client: Any, start: Start) -> None:
    label = secrets.token_hex(8)
    with pytest.raises(SandboxUnavailableError, match="0.001 s"):
        start(SandboxPolicy(memory="256m", start_timeout_s=0.001), label)
    filters = {"label": f"org.codegen-agent.test={label}"}
    assert client.containers.list(all=True, filters=filters, ignore_removed=True) == []
