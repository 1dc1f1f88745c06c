"""Setting up an engine and the image: the steps on each kind of machine."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import EngineUnreachableError, ImageBuildError, SandboxUnavailableError
from tests.provisioning import (
    Host,
    ensure_engine,
    ensure_image,
    plan,
    start_engine,
    wait_for_engine,
)

DEBIAN = Host(root=True, apt=True, dockerd=False, systemd=False, elsewhere=False)


class Engine:
    """An engine that answers from a certain attempt on."""

    def __init__(self, answers_from: float) -> None:
        self.answers_from = answers_from
        self.attempts = 0

    def connect(self) -> Engine:
        self.attempts += 1
        if self.attempts < self.answers_from:
            raise EngineUnreachableError("no engine answers")
        return self

    def close(self) -> None:
        """Do nothing."""


def never(*_: object) -> None:
    raise AssertionError("this machine must not be changed")


def quiet(line: str) -> None:
    """Ignore a line of progress."""


def test_nothing_changes_if_an_engine_answers() -> None:
    ensure_engine(quiet, host=DEBIAN, connect=Engine(1).connect, install=never, start=never)


def test_on_debian_an_engine_is_installed_and_started() -> None:
    done: list[str] = []
    ensure_engine(
        quiet,
        host=DEBIAN,
        connect=Engine(3).connect,
        install=lambda _: done.append("installed"),
        start=lambda _, systemd: done.append(f"started, systemd {systemd}"),
    )
    assert done == ["installed", "started, systemd False"]


def test_an_engine_started_by_its_package_is_not_started_again() -> None:
    ensure_engine(
        quiet, host=DEBIAN, connect=Engine(2).connect, install=lambda _: None, start=never
    )


def test_an_installed_engine_is_only_started() -> None:
    started: list[bool] = []
    host = replace(DEBIAN, dockerd=True, systemd=True)
    ensure_engine(
        quiet,
        host=host,
        connect=Engine(9).connect,
        install=never,
        start=lambda _, systemd: started.append(systemd),
    )
    assert started == [True]


@pytest.mark.parametrize(
    ("host", "message"),
    [
        (replace(DEBIAN, root=False), "nothing was installed or changed"),
        (replace(DEBIAN, root=False, dockerd=True), "Not being root, nothing was"),
        (replace(DEBIAN, apt=False), "Without apt-get"),
        (replace(DEBIAN, elsewhere=True), "none was set up"),
        (replace(DEBIAN, elsewhere=True, dockerd=True), "none was set up"),
    ],
)
def test_elsewhere_a_message_says_what_to_do(host: Host, message: str) -> None:
    with pytest.raises(EngineUnreachableError, match=re.escape(message)):
        ensure_engine(quiet, host=host, connect=Engine(9).connect, install=never, start=never)
    with pytest.raises(EngineUnreachableError, match="^it is off"):
        plan(host, "it is off")


def test_a_daemon_that_ends_at_once_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailableError, match="exit code 3(.|\n)*no cgroups here"):
        start_engine(
            quiet,
            systemd=False,
            command=["sh", "-c", "echo no cgroups here >&2; exit 3"],
            log=tmp_path / "dockerd.log",
            connect=Engine(99).connect,
        )


def test_the_wait_is_limited() -> None:
    with pytest.raises(SandboxUnavailableError, match="does not answer after 0.1 s; see there"):
        wait_for_engine(lambda: None, "see there", timeout_s=0.1, connect=Engine(99).connect)


def test_another_process_may_have_started_it() -> None:
    def exit_code() -> int:
        return 1  # as if the other process holds the daemon's pid file

    wait_for_engine(exit_code, "", connect=Engine(1).connect)
    with pytest.raises(SandboxUnavailableError):
        wait_for_engine(exit_code, "", connect=Engine(2).connect)


@pytest.mark.parametrize("host", [DEBIAN, replace(DEBIAN, root=False), replace(DEBIAN, apt=False)])
def test_the_base_maker_is_installed_if_the_image_cannot_be_built_without(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tool = tmp_path / "mmdebstrap"

    def build(_: object) -> str:
        if not shutil.which("mmdebstrap"):
            raise ImageBuildError("no base")
        return "tag"

    def install(_: object) -> None:
        tool.touch(mode=0o755)

    if host == DEBIAN:
        assert ensure_image(quiet, host=host, build=build, install=install) == "tag"
        tool.write_text("present")
    with pytest.raises(ImageBuildError):
        ensure_image(quiet, host=host, build=lambda _: fail(), install=never)


def fail() -> str:
    raise ImageBuildError("broken")
