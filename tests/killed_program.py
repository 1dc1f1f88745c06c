"""Starts or resumes a run in a separate process, which can be killed at a named point."""

from __future__ import annotations

import inspect
import json
import linecache
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Literal

import docker
import langchain_google_genai
import numpy as np
import pandas as pd

from graph_agent import AgentWorkflow, CodeGenerationRequest
from graph_agent.runs.events import Finished
from sandbox import DockerSandbox
from tests.scripted_model import ScriptedModel

__all__ = ["Answer", "Orders", "Point", "go"]

# Loaded once, in the process that the others are forked from.
LOADED = (docker, langchain_google_genai, pd)
NODES = {f"nodes.{name}:{name}" for name in ("generate", "execute", "analyze", "decide")}
LAUNCHES = "sandbox.containers.launch:Launcher.start"


@dataclass(frozen=True)
class Point:
    """The ``nth`` time a function is entered, returns, or reaches a line with the text ``line``.

    ``function``: module, a colon, and its qualified name.
    """

    function: str
    event: Literal["call", "return", "line"] = "call"
    nth: int = 1
    line: str = ""

    def __str__(self) -> str:
        module, _, name = self.function.partition(":")
        where = f"{module.rpartition('.')[2]}.{name}".replace(".<locals>.<lambda>", "-output")
        return f"{where}-{self.event}-{self.nth}"


@dataclass(frozen=True)
class Orders:
    """What a process does.

    ``request`` None: resume. ``hold``: wait at ``point`` instead of dying, after
    touching this file. ``tokens``: stream the model's answers. ``watched`` False: don't look
    for the point and the nodes, which slows the run down.
    """

    folder: Path
    environment: Mapping[str, str]
    request: str | None = None
    point: Point | None = None
    hold: Path | None = None
    tokens: bool = False
    watched: bool = True
    image: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    scripted: bool = False
    model: str | None = None
    thread: str = "the-run"


Answer = dict[str, Any]
"""What a process reports; see :func:`_run`."""


def go(orders: Orders, report: Path) -> None:
    """Run and write a report, unless killed before."""
    os.environ.clear()
    os.environ.update(orders.environment)
    os.chdir(orders.folder)
    tempfile.tempdir = None  # forget the parent's
    with open("stderr.txt", "a") as errors:
        os.dup2(errors.fileno(), 2)
    watch = Watch(orders.point, orders.hold)
    if orders.watched:
        threading.settrace(watch)
        sys.settrace(watch)
    answer: Answer
    try:
        answer = _run(orders)
    except Exception as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    sys.settrace(None)
    staged = report.with_suffix(".part")
    staged.write_text(json.dumps({**answer, "ran": watch.ran, "pid": os.getpid()}))
    staged.replace(report)


def _run(orders: Orders) -> Answer:
    client = ScriptedModel() if orders.scripted else orders.model
    options = dict(orders.options)
    if orders.image is not None:
        options["sandbox"] = DockerSandbox(image=orders.image)
    if orders.request is None:
        workflow = AgentWorkflow.resume(orders.thread, client, **options)
    else:
        request = CodeGenerationRequest(orders.request, {"n": 20, "table": np.ones((1, 50_000))})
        workflow = AgentWorkflow(request, client, thread_id=orders.thread, **options)
    for event in workflow.stream(tokens=orders.tokens):
        if isinstance(event, Finished):
            result = event.result
            return {
                "success": result.success,
                "request": result.output["request"],
                "attempts": [[attempt.number, attempt.code] for attempt in result.attempts],
                "outcomes": [
                    attempt.execution and attempt.execution.outcome for attempt in result.attempts
                ],
                "answer": result.variables.get("answer"),
                "usage": {node: vars(usage) for node, usage in result.usage.items()},
                "transcript": result.transcript,
                "stopped_by": result.stopped_by,
            }
    return {"error": "Unfinished", "message": "the stream ended without a result"}


class Watch:
    """A trace function that records the nodes entered, and strikes at a point."""

    def __init__(self, point: Point | None, hold: Path | None) -> None:
        self.ran: list[str] = []
        self._point = point
        self._hold = hold
        self._met: Counter[Point] = Counter()
        self._names: dict[CodeType, str] = {}
        """The functions seen, by name if they matter: most calls are to others."""

    def __call__(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        """Handle the entry of a function."""
        name = self._names.get(frame.f_code)
        if name is None:
            name = self._names[frame.f_code] = self._name(frame)
        if not name:
            return None
        if name in NODES and not _is_resumed(frame):
            self.ran.append(frame.f_code.co_name)
        if self._point is None or name != self._point.function:
            return None
        if self._point.event == "call":
            if not _is_resumed(frame):
                self._strike()
            return None
        return self._inside

    def _name(self, frame: FrameType) -> str:
        """Name a node or the point's function; other functions have no name here."""
        name = f"{frame.f_globals.get('__name__')}:{frame.f_code.co_qualname}"
        at_point = self._point is not None and name == self._point.function
        return name if at_point or name in NODES else ""

    def _inside(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        point = self._point
        if (
            point is not None
            and event == point.event
            and point.line in linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        ):
            self._strike()
        return self._inside

    def _strike(self) -> None:
        point = self._point
        if point is None:
            return
        self._met[point] += 1
        if self._met[point] != point.nth:
            return
        if self._hold is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            self._hold.touch()
            time.sleep(60)


def _is_resumed(frame: FrameType) -> bool:
    """Whether a generator goes on after a yield: RESUME's argument is 0 at its start only."""
    code = frame.f_code
    return bool(code.co_flags & inspect.CO_GENERATOR and code.co_code[frame.f_lasti + 1] & 3)
