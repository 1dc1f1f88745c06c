"""Messages over a real socket."""

from __future__ import annotations

import socket

import pytest

from sandbox.runner.checks.line import Line
from sandbox.runner.shared.frames import FrameError


def test_messages_and_their_bodies_arrive_in_order() -> None:
    left, right = socket.socketpair()
    sender, receiver = Line(left), Line(right)
    sender.send({"type": "a"}, [b"12", memoryview(b"3")])
    sender.send({"type": "b"})
    sender.close()
    assert receiver.receive() == ({"type": "a"}, b"123")
    assert receiver.receive() == ({"type": "b"}, b"")
    assert receiver.receive() is None
    receiver.close()


def test_junk_is_refused() -> None:
    left, right = socket.socketpair()
    left.sendall(b"\xff" * 100)
    with pytest.raises(FrameError):
        Line(right).receive()
    left.close()
    right.close()
