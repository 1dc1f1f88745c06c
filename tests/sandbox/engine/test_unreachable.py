"""The message for an engine that can't be reached says why, and what to do."""

from __future__ import annotations

import pytest

from sandbox.engine.ssh import SshError
from sandbox.engine.unreachable import unreachable_message

SOCKET = "unix:///var/run/docker.sock"


def test_a_forbidden_socket_says_which_group() -> None:
    denied = ConnectionError("aborted", PermissionError(13, "Permission denied"))
    message = unreachable_message(SOCKET, denied)
    assert "'/var/run/docker.sock'" in message
    assert "usermod -aG docker" in message


def test_the_cause_is_found_inside_other_errors() -> None:
    try:
        try:
            raise OSError("the cable is out")
        except OSError as error:
            raise RuntimeError("outer") from error
    except RuntimeError as error:
        message = unreachable_message("tcp://host:1", error)
    assert "'tcp://host:1' does not answer (the cable is out)" in message
    assert "DOCKER_HOST" in message


def test_an_engine_that_answers_wrongly_names_its_log() -> None:
    message = unreachable_message(SOCKET, ValueError("not JSON"))
    assert "(not JSON)" in message
    assert "log" in message


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SshError(255, "Host key verification failed."), "log in once with `ssh -p 7 me@host`"),
        (SshError(255, "Host key for host has changed; Host key verification failed"), "old key"),
        (SshError(255, "me@host: Permission denied (publickey)."), "without asking: add your key"),
        (SshError(127, "sh: 1: docker: not found"), "docker: not found; install the Docker CLI"),
        (SshError(1, "permission denied on the socket"), "the socket; check whether `ssh -p 7"),
        (SshError(255, ""), "without a message"),
        (FileNotFoundError("ssh"), "install it"),
        (TimeoutError("too slow"), "(too slow); check whether `ssh -p 7 me@host docker version`"),
    ],
)
def test_an_ssh_failure_says_what_to_do(error: Exception, words: str) -> None:
    message = unreachable_message("ssh://me@host:7", ConnectionError(error))
    assert message.startswith("the container engine at 'ssh://me@host:7' does not answer")
    assert words in message


def test_an_invalid_ssh_address_is_not_shown() -> None:
    message = unreachable_message("ssh://me:secret@host", ValueError("it has a password"))
    assert "secret" not in message
    assert "it has a password" in message
