"""llm-sandbox: one IPython process stays open and keeps its state between runs."""

from __future__ import annotations

import sys

from exchange import serve
from llm_sandbox import InteractiveSandboxSession, SandboxBackend

RUNTIME = {"network_mode": "none", "command": "/bin/sh", "stop_signal": "SIGKILL"}


def main(image: str) -> None:
    """Serve runs in one interactive session."""
    with InteractiveSandboxSession(
        backend=SandboxBackend.DOCKER,
        image=image,
        lang="python",
        skip_environment_setup=True,  # the image has its environment
        runtime_configs=RUNTIME,
    ) as session:
        serve(lambda code: str(session.run(code).stdout))


if __name__ == "__main__":
    main(sys.argv[1])
