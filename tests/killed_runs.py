"""Runs that are killed, and the model they talk to: what tests of them share."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

import docker

from sandbox.image.labels import ROLE_LABEL
from sandbox.owner import OWNER_LABEL, Owner
from tests.gemini_server import GeminiServer, Received, Reply, Text, Watched
from tests.killed_program import Answer, Orders, Point, go
from tests.scripted_model import fenced, verdict

LIMIT_S = 120
GONE_S = 10
MODEL = "gemini-2.5-flash"
FAILS = "answer = n // 0"
WORKS = "print('up', flush=True)\nanswer = n * 2 + len(table)"
ROUND = ["generate", "execute", "analyze", "decide"]
Moment = Literal["before", "half", "after"]
KEPT = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "CODEGEN_AGENT_BASE_IMAGE", "LANG")


class Model(GeminiServer):
    """Answers by what is asked: code that fails, code that works, and what they are worth."""

    def __init__(self, fails: str = FAILS, works: str = WORKS) -> None:
        super().__init__([Text("")])
        self.codes = [fails, works]
        self.strike: tuple[int, Moment, Callable[[], None]] | None = None
        """A request's number from 1, a moment of its answer's way, and what to do then."""

    def next_reply(self, received: Received) -> Reply:
        """Record a request and answer it."""
        super().next_reply(received)
        answer = self._answer(received)
        if self.strike is not None and self.strike[0] == len(self.requests):
            return Watched(answer, *self.strike[1:])
        return answer

    def _answer(self, received: Received) -> Text:
        failed = "ZeroDivisionError" in received.prompt
        if "responseMimeType" in json.dumps(received.json.get("generationConfig", {})):
            return Text(verdict(not failed, why="Seen.", plan="Do not divide." if failed else ""))
        return Text(fenced(self.codes[failed]))

    @property
    def questions(self) -> int:
        """Return how many different questions were asked."""
        return len({json.dumps(one.json, sort_keys=True) for one in self.requests})

    @property
    def models(self) -> set[str]:
        """Return the names of the models that were asked."""
        return {one.path.rpartition("/")[2].partition(":")[0] for one in self.requests}


class Run:
    """One run and the processes that work on it, in a folder of their own."""

    def __init__(self, folder: Path, model: Model) -> None:
        self.folder = folder
        self.model = model
        self.state = folder / "state"
        self.pids: list[int] = []
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["tests.killed_program"])
        (folder / "tmp").mkdir(parents=True)
        (folder / "empty.env").touch()

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a process; an empty value takes away."""
        merged = {name: os.environ[name] for name in KEPT if name in os.environ}
        merged |= {
            "TMPDIR": str(self.folder / "tmp"),
            "CODEGEN_AGENT_STATE": str(self.state),
            "CODEGEN_AGENT_DOTENV_PATH": str(self.folder / "empty.env"),
            "LANGSMITH_TRACING": "false",
            "GOOGLE_GEMINI_BASE_URL": self.model.url,
            "GEMINI_API_KEY_FOR_CODEGEN_AGENT": "not-a-key",
        }
        merged |= more
        return {name: value for name, value in merged.items() if value}

    def begin(self, **orders: Any) -> tuple[BaseProcess, Path]:
        """Start a process; with ``environ``, it has these variables besides."""
        environ = {"CODEGEN_AGENT_MODEL": MODEL, **orders.pop("environ", {})}
        made = Orders(self.folder, self.environment(environ), **orders)
        report = self.folder / f"report-{len(self.pids)}.json"
        process = self._processes.Process(target=go, args=(made, report))
        process.start()
        assert process.pid is not None
        self.pids.append(process.pid)
        return process, report

    def killed(self, point: Point, **orders: Any) -> None:
        """Start a run and let it die at a point."""
        process, report = self.begin(**{"request": "Give the answer", "point": point, **orders})
        ended(process)
        said = report.read_text() if report.exists() else ""
        assert process.exitcode == -signal.SIGKILL, (point, process.exitcode, said)
        process.close()

    def killed_by_the_model(self, number: int, at: Moment, **orders: Any) -> None:
        """Start a run and kill it at a moment of the way of an answer."""
        struck: list[int] = []

        def strike() -> None:
            os.kill(self.pids[-1], signal.SIGKILL)
            struck.append(self.pids[-1])

        self.model.strike = (number, at, strike)
        process, _ = self.begin(**{"request": "Give the answer", **orders})
        ended(process)
        process.close()
        self.model.strike = None
        assert struck == self.pids

    def held(self, point: Point, **orders: Any) -> BaseProcess:
        """Start a run and let it wait at a point."""
        there = self.folder / "there"
        process, report = self.begin(
            **{"request": "Give the answer", "point": point, "hold": there, **orders}
        )
        deadline = time.monotonic() + LIMIT_S
        while not there.exists():
            assert process.is_alive(), report
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.05)
        return process

    def resumed(self, **orders: Any) -> Answer:
        """Go on in another process, which has another model in its environment."""
        environ = {"CODEGEN_AGENT_MODEL": "gemini-2.5-pro", **orders.pop("environ", {})}
        process, report = self.begin(environ=environ, **orders)
        ended(process)
        assert process.exitcode == 0, (self.folder / "stderr.txt").read_text()
        process.close()
        answer: Answer = json.loads(report.read_text())
        return answer

    def containers(self) -> list[dict[str, Any]]:
        """List the containers of this run's processes, whatever state they are in."""
        with closing(docker.from_env()) as client:
            found = client.api.containers(all=True, filters={"label": f"{ROLE_LABEL}=run"})
        return [one for one in found if _pid(one["Labels"]) in self.pids]

    def assert_no_containers(self) -> None:
        """Wait until all containers are gone; fails after a while."""
        deadline = time.monotonic() + GONE_S
        while left := self.containers():
            assert time.monotonic() < deadline, left
            time.sleep(0.1)


def ended(process: BaseProcess) -> None:
    """Wait for a process's end."""
    process.join(LIMIT_S)
    if process.is_alive():
        process.kill()
        process.join()
        raise AssertionError("the process did not end")


def kill(process: BaseProcess) -> None:
    """End a process as the system would."""
    process.kill()
    process.join()
    process.close()


def _pid(labels: Mapping[str, str]) -> int | None:
    owner = Owner.parse(labels.get(OWNER_LABEL, ""))
    return None if owner is None else owner.pid
