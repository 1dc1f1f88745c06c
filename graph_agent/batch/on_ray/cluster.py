"""A Ray cluster, as the machine that starts a batch sees it."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_agent.errors import ClusterError, RequestError

__all__ = ["RESOURCE", "Cluster", "connected"]

RESOURCE = "codegen_runs"
"""The resource by which a node declares how many requests it works on at once."""
CONNECT_S = 5.0
PROOF_S = 300.0
"""A node's first task starts a process, which loads this package, and asks its engine."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that this process is connected to.

    ``nodes``: the names of those that take requests, by id. ``slots``: how many requests they
    take at once. ``placing``: what a task asks of its node.
    """

    nodes: Mapping[str, str]
    slots: int
    placing: Mapping[str, Any]

    @classmethod
    def seen(cls, nodes: Sequence[Mapping[str, Any]]) -> Cluster:
        """Describe a cluster by Ray's list of its nodes.

        Raises:
            ClusterError: it has no room for a request.
        """
        alive = [node for node in nodes if node["Alive"]]
        name, placing = RESOURCE, {"num_cpus": 0, "resources": {RESOURCE: 1}}
        if not any(node["Resources"].get(RESOURCE) for node in alive):
            name, placing = "CPU", {"num_cpus": 1}
        room = {node["NodeID"]: int(node["Resources"].get(name, 0)) for node in alive}
        names = {
            node["NodeID"]: f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
            for node in alive
            if room[node["NodeID"]]
        }
        if not names:
            raise ClusterError(
                "no node of the Ray cluster has room for a request; start one with"
                f" --resources='{{\"{RESOURCE}\": 4}}', or with a CPU"
            )
        return cls(names, sum(room.values()), placing)

    def ask_each(self, work: Callable[[str], tuple[Any, ...]], task: Any) -> dict[str, str]:
        """Run a task on each node, and return what it says by the node's id.

        ``work``: the task's arguments for a node. One that doesn't answer is said to; one that
        has left is not in the result, although Ray lists it for a while.

        Raises:
            ClusterError: all have left.
        """
        import ray
        from ray.exceptions import TaskUnschedulableError
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        asked = {}
        for node in self.nodes:
            there = NodeAffinitySchedulingStrategy(node, soft=False)
            options = {"num_cpus": 0, "max_retries": 0, "scheduling_strategy": there}
            asked[task.options(**options).remote(*work(node))] = node
        ready, _ = ray.wait(list(asked), num_returns=len(asked), timeout=PROOF_S)
        said = dict.fromkeys(self.nodes, f"gives no answer within {PROOF_S:.0f} s")
        for ref in ready:
            try:
                said[asked[ref]] = str(ray.get(ref))
            except TaskUnschedulableError:
                del said[asked[ref]]
            except Exception as error:  # whatever kept the task from running there
                said[asked[ref]] = f"can't run codegen-agent ({last_line(error)})"
        if not said:
            raise ClusterError("all nodes of the Ray cluster have left; start one")
        return said


@contextlib.contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to a cluster while the block runs; a connection of the caller's own stays.

    Raises:
        ClusterError: there is no cluster, it can't be joined, or it has no room.
        RequestError: this is no address.
    """
    _check(address)
    try:
        import ray
    except ImportError as error:
        raise ClusterError(
            f"--ray needs a package that isn't installed ({error}); run: pip install"
            " 'codegen-agent[ray]'"
        ) from error
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, address)
    try:
        cluster: Any = ray  # its functions have no types
        yield Cluster.seen(cluster.nodes())
    finally:
        if ours:
            ray.shutdown()


def last_line(error: BaseException) -> str:
    """Return the end of what an error of Ray says: before it comes a traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _check(address: str) -> None:
    host, _, port = address.rpartition(":")
    if address == "auto":
        return
    if "://" in address:
        raise RequestError(
            f"{address!r} is no address for --ray: run the command on a machine of the cluster,"
            " for example with `ray job submit`, and give auto or HOST:PORT"
        )
    if not host or not port.isdecimal():
        raise RequestError(f"--ray takes auto or HOST:PORT, such as 10.0.0.5:6379, not {address!r}")
    try:
        socket.create_connection((host, int(port)), CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"no Ray cluster answers at {address!r} ({error}); start one with `ray start --head`,"
            " or correct the address"
        ) from error


def _connect(ray: Any, address: str) -> None:
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            configure_logging=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:  # Ray's errors for this have many types
        raise ClusterError(
            f"the Ray cluster at {address!r} can't be joined ({last_line(error)}); start the batch"
            " on a machine of the cluster, with its versions of Ray and Python"
        ) from error
