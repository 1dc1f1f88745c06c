"""The local models' weights, and the protocol of their sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from graph_agent.errors import ModelSetupError

__all__ = ["LOCAL_WEIGHTS", "Progress", "Weights", "WeightsSource", "WeightsSourceError"]

Progress = Callable[[int, int], None]
"""Called with the bytes received so far and the bytes in total."""


@dataclass(frozen=True)
class Weights:
    """A weights file.

    ``sha256`` None: this package doesn't know it. Then the hub states it, and ``size_bytes`` is
    about right. ``pins`` names the file in ``pins/`` that pins its wheels, None if there are
    none. ``memory_bytes``: about what it needs to run. ``score``: what was measured with this
    version's prompts.
    """

    name: str
    title: str
    file_name: str
    size_bytes: int
    memory_bytes: int
    hub_repo: str
    sha256: str | None = None
    pins: str | None = None
    score: str | None = None


LOCAL_WEIGHTS: Mapping[str, Weights] = MappingProxyType(
    {
        "local": Weights(
            name="local",
            title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
            file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            size_bytes=1_117_320_768,
            memory_bytes=1_900_000_000,
            hub_repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            pins="qwen15.txt",
            score="62 % (47 to 76) of 40 DataBench questions",
        ),
        "local-small": Weights(
            name="local-small",
            title="Qwen2.5-Coder-0.5B-Instruct Q4_K_M",
            file_name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            size_bytes=491_400_064,
            memory_bytes=660_000_000,
            hub_repo="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            pins="qwen05.txt",
        ),
        "local-4b": Weights(
            name="local-4b",
            title="Qwen3-4B-Instruct-2507 Q4_K_M",
            file_name="Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
            size_bytes=2_500_000_000,
            memory_bytes=4_500_000_000,
            hub_repo="unsloth/Qwen3-4B-Instruct-2507-GGUF",
        ),
        "local-7b": Weights(
            name="local-7b",
            title="Qwen2.5-Coder-7B-Instruct Q4_K_M",
            file_name="qwen2.5-coder-7b-instruct-q4_k_m.gguf",
            size_bytes=4_680_000_000,
            memory_bytes=6_000_000_000,
            hub_repo="Qwen/Qwen2.5-Coder-7B-Instruct-GGUF",
        ),
    }
)
"""Local model's name → its weights, all Apache-2.0. Qwen publishes no GGUF of the 4B itself."""


class WeightsSourceError(ModelSetupError):
    """A source can't provide the weights; the next one is tried."""


class WeightsSource(Protocol):
    """Where weights can be downloaded."""

    @property
    def name(self) -> str:
        """The source in messages, such as 'the model hub'."""
        ...

    def described(self, weights: Weights) -> Weights:
        """Return the weights with their exact size and SHA-256.

        Raises:
            WeightsSourceError: the source can't be reached, or doesn't state them.
        """
        ...

    def fetch(self, weights: Weights, folder: Path, progress: Progress) -> Path:
        """Leave described weights in ``folder`` and return the path, resuming an earlier call.

        The caller checks its SHA-256.

        Raises:
            WeightsSourceError: the source can't provide the file.
        """
        ...
