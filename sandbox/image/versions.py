"""Compares this host's libraries with those of an image, before a run's variables go there."""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.image.requirements import (
    distribution_names,
    host_version,
    normalize,
    shipped_pins,
)

_EVERYWHERE = frozenset({"__main__", *sys.stdlib_module_names})


@dataclass(frozen=True, slots=True)
class MissingLibrary:
    """A variable needs a module of a distribution that the image doesn't have."""

    variable: str
    module: str
    distribution: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A library whose version here differs from the image's."""

    distribution: str
    here: str
    inside: str

    @property
    def matters(self) -> bool:
        """Whether pickles may not load: the major or the minor version differs."""
        return self.here.split(".")[:2] != self.inside.split(".")[:2]

    def __str__(self) -> str:
        return f"{self.distribution} {self.here} here, {self.inside} in the image"


class Comparison:
    """Compares this host's libraries with those of an image."""

    def __init__(self, inside: Mapping[str, str]) -> None:
        """Take the image's distributions, name → version; empty if it has no such label."""
        self._inside = inside

    def missing(self, needed: Mapping[str, frozenset[str]]) -> list[MissingLibrary]:
        """List the libraries that a variable needs and the image doesn't have."""
        found = []
        for variable, modules in needed.items():
            for module in sorted(modules):
                distribution = self._distribution(module)
                if distribution is not None and distribution not in self._inside:
                    found.append(MissingLibrary(variable, module, distribution))
        return found

    def differences(self, needed: Mapping[str, frozenset[str]] | None = None) -> list[Difference]:
        """List libraries with different versions: the needed ones, or all that hold values."""
        if needed is None:
            names = set(self._inside) - {pin.name for pin in shipped_pins() if pin.inner}
        else:
            modules = frozenset().union(*needed.values())
            known = map(self._distribution, modules)
            names = {name for name in known if name is not None and name in self._inside}
        pairs = [(name, host_version(name), self._inside[name]) for name in sorted(names)]
        return [
            Difference(name, here, inside)
            for name, here, inside in pairs
            if here is not None and here != inside
        ]

    def _distribution(self, module: str) -> str | None:
        """Name the distribution of a top-level module; None if it is unknown or always there."""
        if module in _EVERYWHERE or not self._inside:
            return None
        by_name = next((name for name in distribution_names(module) if name in self._inside), None)
        if by_name is not None:
            return by_name
        names = [normalize(name) for name in self._installed.get(module, ())]
        return next((name for name in names if name in self._inside), names[0] if names else None)

    @functools.cached_property
    def _installed(self) -> Mapping[str, Sequence[str]]:
        return importlib.metadata.packages_distributions()
