"""llm-sandbox: one session stays open; each run is a new process in its container."""

from __future__ import annotations

import sys

from exchange import serve
from llm_sandbox import SandboxBackend, SandboxSession

RUNTIME = {"network_mode": "none", "command": "/bin/sh", "stop_signal": "SIGKILL"}


def main(image: str) -> None:
    """Serve runs in one open session."""
    with SandboxSession(
        backend=SandboxBackend.DOCKER,
        image=image,
        lang="python",
        # Otherwise it creates an environment and calls pip at each start.
        skip_environment_setup=True,
        runtime_configs=RUNTIME,
    ) as session:
        serve(lambda code: str(session.run(code).stdout))


if __name__ == "__main__":
    main(sys.argv[1])
