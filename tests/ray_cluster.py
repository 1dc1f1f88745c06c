"""A real Ray cluster with several nodes on this machine, for the tests that name it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

__all__ = ["RayNodes", "running_cluster"]

TRIES = 4
STORE_BYTES = 80 << 20
"""The smallest object store that Ray takes."""


class RayNodes:
    """A head without room, and nodes with state folders of their own, below ``folder``."""

    def __init__(self, folder: Path) -> None:
        from ray.cluster_utils import Cluster

        self._folder = folder
        self._nodes: dict[str, Any] = {}
        head = {
            "num_cpus": 0,
            "include_dashboard": False,
            "include_log_monitor": False,
            "no_monitor": True,
            "object_store_memory": STORE_BYTES,
        }
        self._cluster = _patiently(lambda: Cluster(initialize_head=True, head_node_args=head))

    @property
    def address(self) -> str:
        """What ``--ray`` takes."""
        return str(self._cluster.address)

    @property
    def names(self) -> list[str]:
        """The nodes that are running."""
        return list(self._nodes)

    def start(self, name: str, runs: int = 2, **environ: str) -> None:
        """Start a node that takes so many requests at once; 0: it declares nothing."""
        own = {"CODEGEN_AGENT_STATE": str(self.state(name)), **environ}
        room = {"resources": {"codegen_runs": runs}} if runs else {}
        options = {"object_store_memory": STORE_BYTES, "include_log_monitor": False, **room}
        self._nodes[name] = _patiently(
            lambda: self._cluster.add_node(num_cpus=1, env_vars=own, **options)
        )

    def state(self, name: str) -> Path:
        """Return a node's state folder."""
        return self._folder / name

    def workers(self, name: str) -> list[int]:
        """Return the processes that work on a node's requests now."""
        raylet = self._raylet(name)
        found = []
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(raylet).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if process.name().startswith("ray::answer") or "ray::answer" in " ".join(
                        process.cmdline()
                    ):
                        found.append(process.pid)
        return found

    def kill_worker(self, name: str, choice: float = 0.0) -> bool:
        """Kill one of them; return whether there was one."""
        workers = self.workers(name)
        if not workers:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(workers[int(choice * len(workers))], signal.SIGKILL)
        return True

    def kill(self, name: str) -> None:
        """Kill a node and all its processes, without a chance to do anything more."""
        node = self._nodes.pop(name)
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self._raylet_of(node)).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    process.kill()
        self._cluster.remove_node(node, allow_graceful=False)

    def close(self) -> None:
        """End all of it."""
        self._cluster.shutdown()

    def _raylet(self, name: str) -> int:
        return self._raylet_of(self._nodes[name])

    @staticmethod
    def _raylet_of(node: Any) -> int:
        return int(node.all_processes["raylet"][0].process.pid)


def _patiently(start: Callable[[], Any]) -> Any:
    """Start a node, again if it fails: Ray waits 30 s at most, which a busy machine may need."""
    for left in reversed(range(TRIES)):
        before = _raylets()
        try:
            return start()
        except Exception:
            for process in _raylets() - before:
                process.kill()
            if not left:
                raise
    raise AssertionError


def _raylets() -> set[psutil.Process]:
    """Return the nodes' main processes that this process has started."""
    children = psutil.Process().children()
    return {process for process in children if process.name() in ("raylet", "gcs_server")}


@contextlib.contextmanager
def running_cluster(folder: Path) -> Iterator[RayNodes]:
    """Start a cluster, and end it afterwards; its nodes have this process's environment."""
    given = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DISABLE_MEMORY_MONITOR": "1",
        "RAY_agent_register_timeout_ms": "120000",  # where many tests run at once
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(_without_slow_import(folder)), os.environ.get("PYTHONPATH")])
        ),
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        nodes = RayNodes(folder)
        try:
            yield nodes
        finally:
            nodes.close()
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _without_slow_import(folder: Path) -> Path:
    """Return a folder that hides a package, which takes half of what loading Ray takes.

    jsonschema loads it where JupyterLab has installed it, and does without it elsewhere.
    """
    hidden = folder / "hidden"
    hidden.mkdir(parents=True, exist_ok=True)
    (hidden / "rfc3987_syntax.py").write_text("raise ImportError\n", "utf-8")
    return hidden
