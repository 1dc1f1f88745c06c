"""llm-sandbox: a new session for each run, from a pool of waiting containers."""

from __future__ import annotations

import sys

from exchange import serve
from llm_sandbox import SandboxBackend, SandboxSession
from llm_sandbox.pool import PoolConfig, create_pool_manager

RUNTIME = {"network_mode": "none", "command": "/bin/sh", "stop_signal": "SIGKILL"}


def main(image: str) -> None:
    """Serve runs, each in its own session with a container from the pool."""
    pool = create_pool_manager(
        backend=SandboxBackend.DOCKER,
        config=PoolConfig(max_pool_size=2, min_pool_size=2),
        lang="python",
        image=image,
        skip_environment_setup=True,  # the image has its environment
        runtime_configs=RUNTIME,
    )

    def run(code: str) -> str:
        with SandboxSession(pool=pool) as session:
            return str(session.run(code).stdout)

    try:
        run("pass")  # the pool fills in the background
        serve(run)
    finally:
        pool.close()


if __name__ == "__main__":
    main(sys.argv[1])
