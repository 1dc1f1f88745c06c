"""Values that can't be sent, each with what its reason must say."""

from __future__ import annotations

import asyncio
import contextvars
import multiprocessing
import socket
import sqlite3
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

from sandbox.variables.pickling import pickle_variables


class Raising:
    def __reduce__(self) -> Any:
        raise RuntimeError("not this\none\x1b[31m " + "x" * 5_000)


class Leaving:
    def __reduce__(self) -> Any:
        raise SystemExit(3)


class Speechless(Exception):
    def __str__(self) -> str:
        raise TypeError("no words")


class Mute:
    def __getstate__(self) -> Any:
        raise Speechless


class Unreducible:
    def __reduce_ex__(self, protocol: Any) -> Any:
        return 5


class Endless:
    def __reduce__(self) -> Any:
        return Endless, (Endless(),)


class LyingMeta(type):
    @property
    def __name__(cls) -> str:
        raise ValueError("nameless")


class Nameless(metaclass=LyingMeta):
    def __reduce__(self) -> Any:
        raise ValueError("refused")


class Locked:
    def __init__(self) -> None:
        self.lock = threading.Lock()


LOCK = threading.Lock()


def uses_lock() -> bool:
    return LOCK.locked()


async def waiting() -> None:
    await asyncio.sleep(0)


def coroutine() -> Any:
    made = waiting()
    made.close()
    return made


def closed(made: Any) -> Any:
    """Return a closed object."""
    made.close()
    return made


def too_deep() -> Any:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


def ended_process() -> Any:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process


def open_file() -> Any:
    with open(__file__, "rb") as file:
        return file


UNSENDABLE: list[tuple[str, Callable[[], Any], str]] = [
    ("generator", lambda: (char for char in "ab"), "generator"),
    ("coroutine", coroutine, "coroutine"),
    ("lock", threading.Lock, "lock"),
    ("reentrant lock", threading.RLock, "RLock"),
    ("event", threading.Event, "lock"),
    ("thread", threading.Thread, "a threading.Thread cannot"),
    ("thread-local data", threading.local, "local"),
    ("socket", lambda: closed(socket.socket()), "socket"),
    ("SQLite connection", lambda: closed(sqlite3.connect(":memory:")), "Connection"),
    ("open file", open_file, "BufferedReader"),
    ("process", ended_process, "a subprocess.Popen cannot"),
    ("queue of processes", lambda: multiprocessing.get_context("spawn").Lock(), "Lock|inherit"),
    ("context variable", lambda: contextvars.ContextVar("v"), "ContextVar"),
    ("context", contextvars.copy_context, "Context"),
    ("weak reference", lambda: weakref.ref(Raising), "weakref|ReferenceType"),
    ("frame", sys._getframe, "frame"),
    ("traceback", lambda: traceback_of(1), "traceback"),
    ("object that holds a lock", Locked, "a tests.Locked .*lock"),
    ("function that uses a lock", lambda: uses_lock, "a function .*lock"),
    ("lock in a container", lambda: {"a": [threading.Lock()]}, "a dict .*lock"),
    ("list nested 100 000 deep", too_deep, "nested too deeply"),
    ("object whose reduction never ends", Endless, "nested too deeply"),
    ("object whose __reduce__ raises", Raising, "a tests.Raising .*not this one"),
    ("object whose __reduce__ leaves the program", Leaving, "a tests.Leaving .*3"),
    ("object whose error has no text", Mute, "a tests.Mute .*tests.Speechless"),
    ("object whose __reduce_ex__ returns a number", Unreducible, "must return"),
    ("object whose class has no name", Nameless, "^a tests.Nameless .*refused"),
]


def traceback_of(zero: int) -> Any:
    try:
        raise ValueError(zero)
    except ValueError as error:
        return error.__traceback__


def reason(make: Callable[[], Any]) -> str:
    """Return the reason this version of Python gives."""
    return pickle_variables({"value": make()}).unsendable.get("value", "it can be sent")
