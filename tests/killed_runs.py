"""Runs that are killed, and the server of their model, for several tests."""

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

from sandbox.image.spec import ROLE_LABEL
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
    """Answers with code that fails, then code that works, and with verdicts on both."""

    def __init__(self, fails: str = FAILS, works: str = WORKS) -> None:
        super().__init__([Text("")])
        self.codes = [fails, works]
        self.strike: tuple[int, Moment, Callable[[], None]] | None = None
        """A request's number from 1, a moment while it is answered, and what to do then."""

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
        """The number of different questions."""
        return len({json.dumps(request.json, sort_keys=True) for request in self.requests})

    @property
    def models(self) -> set[str]:
        """The names of the models that were asked."""
        return {request.path.rpartition("/")[2].partition(":")[0] for request in self.requests}


class Run:
    """One run and its processes, in a separate folder."""

    def __init__(self, folder: Path, model: Model) -> None:
        self.folder = folder
        self.model = model
        self.state = folder / "state"
        self.pids: list[int] = []
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["tests.killed_program"])
        (folder / "tmp").mkdir(parents=True)
        (folder / "empty.env").touch()

    def warm_up(self) -> None:
        """Wait until the process that the others are forked from has imported everything."""
        process = self._processes.Process(target=int)
        process.start()
        ended(process)
        process.close()

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a process; an empty value removes a variable."""
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
        """Start a process; ``environ``: more environment variables."""
        environ = {"CODEGEN_AGENT_MODEL": MODEL, **orders.pop("environ", {})}
        made = Orders(self.folder, self.environment(environ), **orders)
        report = self.folder / f"report-{len(self.pids)}.json"
        process = self._processes.Process(target=go, args=(made, report))
        process.start()
        assert process.pid is not None
        self.pids.append(process.pid)
        return process, report

    def killed(self, point: Point, **orders: Any) -> None:
        """Start a run that dies at a point."""
        process, report = self.begin(**{"request": "Give the answer", "point": point, **orders})
        ended(process)
        said = report.read_text() if report.exists() else ""
        assert process.exitcode == -signal.SIGKILL, (point, process.exitcode, said)
        process.close()

    def killed_by_the_model(self, number: int, at: Moment, **orders: Any) -> None:
        """Start a run and kill it while the model answers."""
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
        """Start a run that waits at a point."""
        there = self.folder / "there"
        process, report = self.begin(
            **{"request": "Give the answer", "point": point, "hold": there, **orders}
        )
        deadline = time.monotonic() + LIMIT_S
        while not there.exists():
            assert process.is_alive(), report
            assert time.monotonic() < deadline, "it did not reach the point"
            time.sleep(0.05)
        return process

    def resumed(self, **orders: Any) -> Answer:
        """Resume in another process, which has another model in its environment."""
        environ = {"CODEGEN_AGENT_MODEL": "gemini-2.5-pro", **orders.pop("environ", {})}
        process, report = self.begin(environ=environ, **orders)
        ended(process)
        assert process.exitcode == 0, (self.folder / "stderr.txt").read_text()
        process.close()
        answer: Answer = json.loads(report.read_text())
        return answer

    def containers(self) -> list[dict[str, Any]]:
        """List the containers of this run's processes, in any state."""
        with closing(docker.from_env()) as client:
            found = client.api.containers(all=True, filters={"label": f"{ROLE_LABEL}=run"})
        return [container for container in found if _pid(container["Labels"]) in self.pids]

    def assert_no_containers(self) -> None:
        """Wait until all containers are gone, but not for long."""
        deadline = time.monotonic() + GONE_S
        while left := self.containers():
            assert time.monotonic() < deadline, left
            time.sleep(0.1)


def assert_solved(answer: Answer) -> None:
    """Check that a run has its right answer, and counts each attempt and call once."""
    assert answer.get("success"), answer
    assert answer["attempts"] == [[1, FAILS], [2, WORKS]]
    assert answer["outcomes"] == ["error", "ok"]
    assert answer["answer"] == 41
    once = {"calls": 2, "input_tokens": 22, "output_tokens": 14, "cached_calls": 0}
    assert answer["usage"] == {"generate": once, "analyze": once}
    for heading in ("Generated Code", "Execution Results"):
        for number in (1, 2):
            assert answer["transcript"].count(f"**{heading} (Attempt {number}):**") == 1
    assert answer["transcript"].count("**Analysis:**") == 2


def ended(process: BaseProcess) -> None:
    """Wait until a process ends."""
    process.join(LIMIT_S)
    if process.is_alive():
        process.kill()
        process.join()
        raise AssertionError("the process did not end")


def kill(process: BaseProcess) -> None:
    """Kill a process and wait for it."""
    process.kill()
    process.join()
    process.close()


def _pid(labels: Mapping[str, str]) -> int | None:
    owner = Owner.parse(labels.get(OWNER_LABEL, ""))
    return None if owner is None else owner.pid
