"""smolagents: one container with a Jupyter kernel that keeps its state between runs."""

from __future__ import annotations

import socket
import sys
import uuid

import docker
from exchange import serve
from smolagents.monitoring import AgentLogger, LogLevel
from smolagents.remote_executors import DockerExecutor


def main(image: str) -> None:
    """Serve runs in one kernel."""
    # Its own network: another engine on this machine may have removed the default bridge.
    name = f"codegen-agent-bench-{uuid.uuid4().hex[:12]}"
    network = docker.from_env().networks.create(name, driver="bridge")
    try:
        executor = start(image, network.name)
        try:
            serve(lambda code: str(executor(code).logs))
        finally:
            executor.cleanup()
    finally:
        network.remove()


def start(image: str, network: str) -> DockerExecutor:
    """Start the container and its kernel, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return DockerExecutor(
        [],
        AgentLogger(level=LogLevel.OFF),
        port=port,
        image_name=image,
        build_new_image=False,
        container_run_kwargs={
            "network": network,
            "stop_signal": "SIGKILL",
            "command": [
                "jupyter",
                "kernelgateway",
                "--KernelGatewayApp.ip=0.0.0.0",
                "--KernelGatewayApp.port=8888",
            ],
        },
    )


if __name__ == "__main__":
    main(sys.argv[1])
