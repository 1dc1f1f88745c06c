"""The owner of a leftover, and whether that process is still alive."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from sandbox.owner import Owner


@pytest.fixture
def dead() -> Owner:
    """A process that has ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = Owner.of(process.pid)
        assert not owner.is_gone()
    return owner


def test_this_process_is_not_gone() -> None:
    assert not Owner.of(os.getpid()).is_gone()


def test_a_process_that_ended_is_gone(dead: Owner) -> None:
    assert dead.is_gone()


def test_a_process_of_another_machine_is_never_gone(dead: Owner) -> None:
    assert not replace(dead, host="0" * 16).is_gone()


def test_a_reused_id_is_another_process() -> None:
    here = Owner.of(os.getpid())
    assert replace(here, started="1").is_gone()
    assert replace(here, boot="0" * 8).is_gone()
    assert not replace(here, started="x").is_gone()


def test_the_token_can_be_parsed() -> None:
    owner = Owner.of(os.getpid())
    assert Owner.parse(str(owner)) == owner
    assert Owner.parse(f"{owner}-tmp") is None
    assert Owner.parse("1234") is None
    assert "-" not in str(owner)


HIDE = 'mount -t proc -o hidepid=2 proc /proc || exit 42; exec "$@"'
LOOK = """
import os, sys
from sandbox.owner import Owner
owner = Owner.of(int(sys.argv[1]))
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
print(os.path.exists(f"/proc/{owner.pid}"), owner.is_gone())
"""


@pytest.mark.skipif(
    not (hasattr(os, "geteuid") and os.geteuid() == 0) or not shutil.which("unshare"),
    reason="hiding a process takes root and unshare",
)
def test_a_process_hidden_from_this_user_is_not_gone() -> None:
    """Where /proc is mounted with hidepid, other users' processes look as if they had ended."""
    look = [sys.executable, "-c", LOOK, str(os.getpid())]
    command = ["unshare", "--mount", "sh", "-c", HIDE, "sh", *look]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 42:
        pytest.skip("this machine does not allow mounting /proc")
    assert done.stdout == "False False\n", done.stderr
