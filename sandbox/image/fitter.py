"""Adds missing libraries to the image: before a run for its variables, during it for its code."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from sandbox.errors import VariableError
from sandbox.image.extended_image import (
    ExtendedImage,
    PackageNotAddedError,
    how_to_allow,
    missing_module,
)
from sandbox.image.versions import Comparison, MissingLibrary
from sandbox.records import Execution
from sandbox.variables.bundle import VariableBundle

log = logging.getLogger(__name__)
COMPANIONS = {"plotly": "kaleido"}
"""Module → the package that draws its figures."""


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
