"""The limits of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.errors import PolicyError

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
MIN_MEMORY_BYTES = 32 << 20
MIN_FILE_BYTES = 1 << 20
MIN_CPUS = 0.01
"""Less is no share of a core that the kernel can give."""
MIN_PIDS = 3
"""Two are the runner's."""
MIN_RESULT_BYTES = 64
"""What says that a run is over goes the same way."""
MAX_SIZE_BYTES = 1 << 50
_SIZES = ("memory", "scratch", "max_file", "max_output", "max_result")
_COUNTS = {"pids": 1 << 22, "max_figures": 1 << 20, "max_variables": 1 << 20}
"""The most of each; Linux has no more processes."""
_AMOUNTS = {"timeout_s": 1e7, "cpus": 1e4, "start_timeout_s": 1e7}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPolicy:
    """What one run may use.

    Sizes are bytes, or text such as ``"512m"`` and ``"2g"`` (powers of 1024).
    Network, capabilities, privileges and a writable root are never given, so
    they have no field here.

    Raises:
        PolicyError: a limit that is no number, not positive, or too small to start Python.
    """

    timeout_s: float = 60.0
    """Wall clock of the code, measured and enforced by the host."""
    memory: str | int = "2g"
    """Of all processes and the scratch space together; swap is off."""
    cpus: float = 2.0
    """Cores' worth of time; at most what the engine has."""
    pids: int = 256
    """Processes and threads."""
    scratch: str | int = "512m"
    """Of /tmp, the only place that can be written; counts as memory."""
    max_file: str | int = "512m"
    """Of any one file."""
    max_output: str | int = "1m"
    """Of stdout and stderr together; at the limit the run is ended."""
    max_result: str | int = "1g"
    """Of all values and figures that come back; what is over it is withheld."""
    max_figures: int = 20
    max_variables: int = 500
    runtime: str | None = None
    """The engine's runtime by name (``runc``, ``runsc``); None: the engine's default."""
    start_timeout_s: float = 60.0
    """Until a container is ready for its job; over it the sandbox is unavailable."""
    allow_packages: tuple[str, ...] = ()
    """What may be added to the image when the code imports it, such as ``"Faker>=20"``:
    downloaded by the host, as wheels only; the code itself never has a network.
    ``"kaleido==0.2.1"``, which brings a browser, is added as well when the code names
    plotly, and draws its figures."""

    def __post_init__(self) -> None:
        # Any iterable will do for the caller; the record stays hashable.
        object.__setattr__(self, "allow_packages", check_requirements(self.allow_packages))
        for name in _SIZES:
            size = parse_size(getattr(self, name), name)
            if not 0 < size <= MAX_SIZE_BYTES:
                raise PolicyError(f"{name} must be more than 0 and at most 1024t, not {size!r}")
        for name, most in _COUNTS.items():
            _check_number(name, getattr(self, name), most, whole=True)
        for name, limit in _AMOUNTS.items():
            _check_number(name, getattr(self, name), limit, whole=False)
        for name, least in (("cpus", MIN_CPUS), ("pids", MIN_PIDS)):
            if getattr(self, name) < least:
                raise PolicyError(f"{name} must be {least} or more, not {getattr(self, name)!r}")
        if self.max_result_bytes < MIN_RESULT_BYTES:
            raise PolicyError(f"max_result {self.max_result!r} is too little; give 1k or more")
        if self.runtime is not None and (not isinstance(self.runtime, str) or not self.runtime):
            raise PolicyError(f"runtime must be a name such as 'runsc', not {self.runtime!r}")
        for name in ("scratch", "max_file"):
            if parse_size(getattr(self, name), name) < MIN_FILE_BYTES:
                raise PolicyError(f"{name} is too little to start Python; give 1m or more")
        if self.memory_bytes < MIN_MEMORY_BYTES:
            raise PolicyError(
                f"memory {self.memory!r} is too little to start Python; give 64m or more"
            )

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
        """The most stdout and stderr may hold together, bytes."""
        return parse_size(self.max_output, "max_output")

    @property
    def max_result_bytes(self) -> int:
        """The most that values and figures may take, bytes."""
        return parse_size(self.max_result, "max_result")


def _check_number(name: str, value: Any, most: float, *, whole: bool) -> None:
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value <= most:
        least = "a whole number more than 0" if whole else "a number more than 0"
        raise PolicyError(f"{name} must be {least} and at most {most:g}, not {value!r:.100}")


def parse_size(value: Any, name: str = "size") -> int:
    """Read a size in bytes from a number or from text such as ``"512m"`` or ``"1.5 GiB"``.

    Raises:
        PolicyError: it is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 40 else None
    if match is None:
        raise PolicyError(f"{name} must be a size such as '512m' or '2g', not {value!r:.100}")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def check_requirements(requirements: Any) -> tuple[str, ...]:
    """Return requirements as a tuple if each is a package's name with or without versions.

    Raises:
        PolicyError: one is a URL, a path, has a marker, or is no requirement at all.
    """
    if isinstance(requirements, (str, bytes)) or not isinstance(requirements, Iterable):
        raise PolicyError(
            f"allow_packages must be several names, such as ('emoji',), not {requirements!r}"
        )
    checked = tuple(requirements)
    if not checked:
        return ()
    from packaging.requirements import InvalidRequirement, Requirement

    for one in checked:
        try:
            parsed = Requirement(one)
        except (InvalidRequirement, TypeError):
            parsed = None
        if parsed is None or parsed.url or parsed.marker:
            raise PolicyError(
                "allow_packages takes names with or without versions, such as 'emoji' or"
                f" 'Faker>=20', not {one!r}"
            )
    return checked
