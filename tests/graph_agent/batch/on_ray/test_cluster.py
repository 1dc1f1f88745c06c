"""What is seen of a cluster, and addresses where there is none."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from graph_agent.batch.on_ray.cluster import Cluster, connected
from graph_agent.errors import ClusterError, RequestError


def node(name: str, alive: bool = True, **resources: float) -> dict[str, Any]:
    """Describe a node as Ray does."""
    return {
        "NodeID": name,
        "NodeManagerHostname": f"host-{name}",
        "NodeManagerAddress": "10.0.0.1",
        "Alive": alive,
        "Resources": resources,
    }


def test_nodes_that_declare_room_are_used_and_no_others() -> None:
    found = Cluster.seen(
        [node("a", CPU=8, codegen_runs=3), node("b", CPU=4), node("c", False, codegen_runs=9)]
    )
    assert found.nodes == {"a": "host-a (10.0.0.1)"}
    assert (found.slots, found.placing) == (3, {"num_cpus": 0, "resources": {"codegen_runs": 1}})


def test_without_a_declaration_a_request_takes_a_core() -> None:
    found = Cluster.seen([node("a", CPU=8), node("b", CPU=4), node("head", CPU=0)])
    assert set(found.nodes) == {"a", "b"}
    assert (found.slots, found.placing) == (12, {"num_cpus": 1})


def test_a_cluster_without_room() -> None:
    with pytest.raises(ClusterError, match="codegen_runs"):
        Cluster.seen([node("a", CPU=0), node("b", False, CPU=4)])


@pytest.mark.parametrize(
    "address", ["", "head", "ray://head:10001", "head:port", ":6379", "http://head:6379"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(RequestError, match="HOST:PORT"), connected(address):
        pass


def test_where_nothing_answers() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ClusterError, match="no Ray cluster answers"), connected(address):
            pass
