"""The limits of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.errors import PolicyError

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
MAX_SIZE_BYTES = 1 << 50
MIN_DECODE_BYTES = 64 << 20
"""Unless a policy asks for less: small limits of results don't make libraries smaller."""
_SIZES = {
    "memory": (32 << 20, "64m"),
    "scratch": (1 << 20, "1m"),
    "max_file": (1 << 20, "1m"),
    "max_output": (1, "1k"),
    "max_files_bytes": (1, "1k"),
    "max_result": (64, "1k"),  # the message that a run is over counts too
    "decode_memory": (1 << 20, "64m"),
}
"""The minimum of each in bytes, below which Python can't start, and a reasonable small size."""
_NUMBERS: dict[str, tuple[type, float, float]] = {
    "pids": (int, 3, 1 << 22),  # the runner uses two; Linux has at most 2^22
    "max_figures": (int, 1, 1 << 20),
    "max_files": (int, 1, 1 << 16),
    "max_variables": (int, 1, 1 << 20),
    "timeout_s": (float, 0, 1e7),
    "decode_s": (float, 0, 1e6),
    "cpus": (float, 0.01, 1e4),  # the kernel can't limit to less than 0.01
    "start_timeout_s": (float, 0, 1e7),
}
"""The type, minimum and maximum of each; zero itself is never allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPolicy:
    """The limits of one run.

    Sizes are bytes, or text such as ``"512m"`` and ``"2g"`` (powers of 1024).
    A run never gets a network, capabilities, privileges or a writable root, so these
    have no field here.

    Raises:
        PolicyError: a limit isn't a number, isn't positive, or is too small to start Python.
    """

    timeout_s: float = 60.0
    """Wall-clock time of the code, measured and enforced by the host."""
    memory: str | int = "2g"
    """For all processes and the scratch space together; swap is off."""
    cpus: float = 2.0
    """Number of cores; at most what the engine has."""
    pids: int = 256
    """Processes and threads. Checks take one, and another for a moment."""
    scratch: str | int = "512m"
    """Size of /tmp, the only writable folder; counts as memory."""
    max_file: str | int = "512m"
    """Size of a single file."""
    max_output: str | int = "1m"
    """For stdout and stderr together; at the limit the run is ended."""
    max_result: str | int = "1g"
    """For all returned values, figures and files; those beyond it are withheld."""
    decode_s: float = 10.0
    """Processor time for reading all results on the host, with 50 ms more for each MB of them.
    Values that need more are withheld. A child process tries the values whose cost their size
    doesn't bound, so that nothing the code returns can block or kill this process."""
    decode_memory: str | int | None = None
    """Memory of all returned values on the host; None: four times ``max_result``. Values that need
    more are withheld. Not enforced on macOS and Windows, where only estimates count."""
    max_files: int = 100
    """How many of the files that the code leaves in its working folder come back."""
    max_files_bytes: str | int = "64m"
    """For all these files together."""
    max_figures: int = 20
    max_variables: int = 500
    runtime: str | None = None
    """Name of the engine's runtime (``runc``, ``runsc``); None: the engine's default."""
    start_timeout_s: float = 60.0
    """Time until a container is ready; beyond it the sandbox counts as unavailable."""
    allow_packages: tuple[str, ...] = ()
    """Packages that may be added to the image when the code imports them, such as
    ``"Faker>=20"``. The host downloads them, as wheels only; the code never has a network.
    ``"kaleido==0.2.1"``, which contains a browser, is also added when the code names
    plotly, to draw its figures."""

    def __post_init__(self) -> None:
        # Callers may pass any iterable; a tuple keeps the record hashable.
        object.__setattr__(self, "allow_packages", check_requirements(self.allow_packages))
        for name, (least_bytes, small) in _SIZES.items():
            value = getattr(self, name)
            if value is None and name == "decode_memory":
                continue
            if not least_bytes <= parse_size(value, name) <= MAX_SIZE_BYTES:
                raise PolicyError(
                    f"{name} {value!r} is out of range; use {small} or more, and at most 1024t"
                )
        for name in _NUMBERS:
            _check_number(name, getattr(self, name))
        if self.runtime is not None and (not isinstance(self.runtime, str) or not self.runtime):
            raise PolicyError(f"runtime must be a name such as 'runsc', not {self.runtime!r}")

    @property
    def memory_bytes(self) -> int:
        """The memory limit, bytes."""
        return parse_size(self.memory, "memory")

    @property
    def scratch_bytes(self) -> int:
        """The size of /tmp, bytes."""
        return parse_size(self.scratch, "scratch")

    @property
    def max_file_bytes(self) -> int:
        """The largest file, bytes."""
        return parse_size(self.max_file, "max_file")

    @property
    def max_output_bytes(self) -> int:
        """The limit of stdout and stderr together, bytes."""
        return parse_size(self.max_output, "max_output")

    @property
    def max_result_bytes(self) -> int:
        """The limit of values, figures and files together, bytes."""
        return parse_size(self.max_result, "max_result")

    @property
    def decode_memory_bytes(self) -> int:
        """The limit of ``decode_memory``, bytes."""
        if self.decode_memory is None:
            return max(MIN_DECODE_BYTES, 4 * self.max_result_bytes)
        return parse_size(self.decode_memory, "decode_memory")

    @property
    def files_bytes(self) -> int:
        """The limit of ``max_files_bytes``, bytes."""
        return parse_size(self.max_files_bytes, "max_files_bytes")


def _check_number(name: str, value: Any) -> None:
    kind, least, most = _NUMBERS[name]
    valid = isinstance(value, (int, kind)) and not isinstance(value, bool)
    if not (valid and value > 0 and least <= value <= most):
        number = "whole number" if kind is int else "number"
        bound = f"of at least {least:g}" if least else "more than 0"
        raise PolicyError(
            f"{name} must be a {number} {bound} and at most {most:.10g}, not {value!r:.100}"
        )


def parse_size(value: Any, name: str = "size") -> int:
    """Read a size in bytes from a number or from text such as ``"512m"`` or ``"1.5 GiB"``.

    Raises:
        PolicyError: ``value`` is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 40 else None
    if match is None:
        raise PolicyError(f"{name} must be a size such as '512m' or '2g', not {value!r:.100}")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def check_requirements(requirements: Any) -> tuple[str, ...]:
    """Return requirements as a tuple if each is a package name, with or without versions.

    Raises:
        PolicyError: one is a URL or a path, has a marker, or isn't a requirement.
    """
    if isinstance(requirements, (str, bytes)) or not isinstance(requirements, Iterable):
        raise PolicyError(
            f"allow_packages must be a sequence of names, such as ('emoji',), not {requirements!r}"
        )
    checked = tuple(requirements)
    if not checked:
        return ()
    from packaging.requirements import InvalidRequirement, Requirement

    for requirement in checked:
        try:
            parsed = Requirement(requirement)
        except (InvalidRequirement, TypeError):
            parsed = None
        if parsed is None or parsed.url or parsed.marker:
            raise PolicyError(
                "allow_packages takes names with or without versions, such as 'emoji' or"
                f" 'Faker>=20', not {requirement!r}"
            )
    return checked
