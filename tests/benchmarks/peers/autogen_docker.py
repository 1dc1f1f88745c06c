"""AutoGen: one container stays up; each run is a new process in it."""

from __future__ import annotations

import asyncio
import functools
import sys

from autogen_core import CancellationToken
from autogen_core.code_executor import CodeBlock
from autogen_ext.code_executors.docker import DockerCommandLineCodeExecutor
from docker.models.containers import ContainerCollection
from exchange import serve


def main(image: str) -> None:
    """Serve runs in one executor."""
    # There are no options for these.
    ContainerCollection.create = functools.partialmethod(
        ContainerCollection.create, network_mode="none", stop_signal="SIGKILL"
    )
    loop = asyncio.new_event_loop()
    executor = DockerCommandLineCodeExecutor(image=image)

    async def execute(code: str) -> str:
        blocks = [CodeBlock(language="python", code=code)]
        return str((await executor.execute_code_blocks(blocks, CancellationToken())).output)

    loop.run_until_complete(executor.start())
    try:
        serve(lambda code: loop.run_until_complete(execute(code)))
    finally:
        loop.run_until_complete(executor.stop())
        loop.close()


if __name__ == "__main__":
    main(sys.argv[1])
