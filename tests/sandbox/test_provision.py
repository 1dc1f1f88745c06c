"""Setting an engine up: what is done where, and that nothing is done where one answers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import EngineUnreachableError, SandboxUnavailableError
from sandbox.provision import Host, ensure_engine, plan, start_engine, wait_for_engine

DEBIAN = Host(root=True, apt=True, dockerd=False, systemd=False, elsewhere=False)


class Engine:
    """A stand-in that answers from its ``nth`` question on."""

    def __init__(self, answers_from: float) -> None:
        self.answers_from = answers_from
        self.asked = 0

    def connect(self) -> Engine:
        self.asked += 1
        if self.asked < self.answers_from:
            raise EngineUnreachableError("no engine answers")
        return self

    def close(self) -> None:
        """Nothing is held."""


def never(*_: object) -> None:
    raise AssertionError("this machine must not be touched")


def quiet(line: str) -> None:
    """Take a line of progress."""


def test_where_an_engine_answers_nothing_is_touched() -> None:
    ensure_engine(quiet, host=DEBIAN, connect=Engine(1).connect, install=never, start=never)


def test_a_bare_debian_gets_one_installed_and_started() -> None:
    done: list[str] = []
    ensure_engine(
        quiet,
        host=DEBIAN,
        connect=Engine(3).connect,
        install=lambda _: done.append("installed"),
        start=lambda _, systemd: done.append(f"started, systemd {systemd}"),
    )
    assert done == ["installed", "started, systemd False"]


def test_one_its_package_started_is_not_started_again() -> None:
    ensure_engine(
        quiet, host=DEBIAN, connect=Engine(2).connect, install=lambda _: None, start=never
    )


def test_one_that_is_installed_is_only_started() -> None:
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
    ("host", "said"),
    [
        (replace(DEBIAN, root=False), "nothing was installed or changed"),
        (replace(DEBIAN, root=False, dockerd=True), "Not being root, nothing was"),
        (replace(DEBIAN, apt=False), "Without apt-get, nothing"),
        (replace(DEBIAN, elsewhere=True), "no other one is set up"),
        (replace(DEBIAN, elsewhere=True, dockerd=True), "no other one is set up"),
    ],
)
def test_elsewhere_a_message_says_what_to_do(host: Host, said: str) -> None:
    with pytest.raises(EngineUnreachableError, match=re.escape(said)):
        ensure_engine(quiet, host=host, connect=Engine(9).connect, install=never, start=never)
    with pytest.raises(EngineUnreachableError, match="^it is off"):
        plan(host, "it is off")


def test_a_daemon_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailableError, match="exit code 3(.|\n)*no cgroups here"):
        start_engine(
            quiet,
            systemd=False,
            command=["sh", "-c", "echo no cgroups here >&2; exit 3"],
            log=tmp_path / "dockerd.log",
            connect=Engine(99).connect,
        )


def test_the_wait_is_bounded() -> None:
    with pytest.raises(SandboxUnavailableError, match="does not answer after 0.1 s; see there"):
        wait_for_engine(lambda: None, "see there", timeout_s=0.1, connect=Engine(99).connect)


def test_another_process_may_have_started_it() -> None:
    def exit_code() -> int:
        return 1  # as when the other one holds the daemon's pid file

    wait_for_engine(exit_code, "", connect=Engine(1).connect)
    with pytest.raises(SandboxUnavailableError):
        wait_for_engine(exit_code, "", connect=Engine(2).connect)
