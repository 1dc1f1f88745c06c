"""Fits the image to a run: compares its libraries with this host's, and adds missing ones.

Before a run for its variables, during it for its code.
"""

from __future__ import annotations

import functools
import importlib.metadata
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sandbox.errors import VariableError
from sandbox.image.extended_image import (
    ExtendedImage,
    PackageNotAddedError,
    how_to_allow,
    missing_module,
)
from sandbox.image.requirements import (
    distribution_names,
    host_version,
    normalize,
    shipped_pins,
)
from sandbox.records import Execution
from sandbox.variables.bundle import VariableBundle

log = logging.getLogger(__name__)
COMPANIONS = {"plotly": "kaleido"}
"""Module → the package that draws its figures."""
_EVERYWHERE = frozenset({"__main__", *sys.stdlib_module_names})


class ImageFitter:
    """Fits a sandbox's image to its runs, and remembers what it has warned about."""

    def __init__(self, image: ExtendedImage) -> None:
        self._image = image
        self._warned: set[str] = set()
        self._given_up: set[str] = set()

    def ensure_libraries(self, bundle: VariableBundle) -> str:
        """Add the libraries that the variables need, if the policy allows them.

        Returns a note on libraries whose versions differ, which is also logged once;
        empty if all versions agree.

        Raises:
            VariableError: the image doesn't have a library that a variable needs, or has
                another minor version of Python.
            SandboxUnavailableError: no engine, or no image.
        """
        if not bundle.variables:
            return ""
        if self._image.python not in (bundle.python, None):
            raise VariableError(
                f"the variables were pickled by Python {bundle.python} and cannot be loaded"
                f" into the image's Python {self._image.python}; use an image with the same"
                " version, such as the one `codegen-agent sandbox build` makes"
            )
        needed = {variable.name: frozenset(variable.modules) for variable in bundle.variables}
        while missing := Comparison(self._image.packages()).missing(needed):
            self._add(missing[0])
        differences = Comparison(self._image.packages()).differences(needed)
        listed = "; ".join(str(library) for library in differences if library.matters)
        if not listed:
            return ""
        note = f"versions differ: {listed}; run `codegen-agent sandbox build` to fix this"
        if note not in self._warned:
            self._warned.add(note)
            log.warning("%s", note)
        return note

    def run_with_missing_packages(self, code: str, run_once: Callable[[], Execution]) -> Execution:
        """Run, and repeat the run while an import fails for a package that may be added.

        A package that only draws another package's figures is added before the run,
        because the code doesn't import it.

        Raises:
            SandboxUnavailableError: the environment cannot run anything.
        """
        notes = list(self._add_companions(code))
        execution = run_once()
        while module := missing_module(execution):
            try:
                notes.append(self._image.add(module))
            except PackageNotAddedError as reason:
                notes.append(str(reason))
                break
            log.info("%s; running again", notes[-1])
            execution = run_once()
        if not notes:
            return execution
        detail = "" if execution.outcome == "missing_package" else execution.detail
        return replace(execution, detail="; ".join(filter(None, (detail, *notes))))

    def _add_companions(self, code: str) -> Iterator[str]:
        allowed = self._image.allowed()
        for module, companion in COMPANIONS.items():
            wanted = companion in allowed and re.search(rf"\b{module}\b", code) is not None
            if wanted and companion not in {*self._image.packages(), *self._given_up}:
                try:
                    yield self._image.add(companion)
                except PackageNotAddedError as reason:
                    self._given_up.add(companion)
                    log.warning("%s", reason)
                    yield str(reason)

    def _add(self, library: MissingLibrary) -> None:
        name = library.distribution
        try:
            log.info("%s", self._image.add(name))
        except PackageNotAddedError as reason:
            fix = f"or allow it: {how_to_allow(name)}"
            raise VariableError(
                f"variable {library.variable!r} needs the module {library.module!r} of {name!r},"
                " which the runner image doesn't have; send plain data made from it,"
                f" {f'because {reason}' if name in self._image.allowed() else fix}"
            ) from None


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
