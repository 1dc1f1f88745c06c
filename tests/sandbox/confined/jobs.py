"""Functions that tests run in a child."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any


def echo(args: Any, parts: list[bytearray]) -> Any:
    return args, parts


def pid(args: Any, parts: list[bytearray]) -> Any:
    return os.getpid(), ()


def environment(args: Any, parts: list[bytearray]) -> Any:
    return sorted(os.environ), ()


def spin(args: Any, parts: list[bytearray]) -> Any:
    while True:
        pass


def spin_inside_c(args: Any, parts: list[bytearray]) -> Any:
    Path(args).touch() if args else None
    return sum(range(10**13)), ()


def sleep(args: Any, parts: list[bytearray]) -> Any:
    time.sleep(args)
    return None, ()


def allocate(args: Any, parts: list[bytearray]) -> Any:
    return len(bytearray(args)), ()


def write(args: Any, parts: list[bytearray]) -> Any:
    Path(args[0]).write_bytes(bytes(args[1]))
    return None, ()


def crash(args: Any, parts: list[bytearray]) -> Any:
    os.abort()


def fail(args: Any, parts: list[bytearray]) -> Any:
    raise LookupError(args)
