"""Fits the image to a run: to its variables beforehand, to its code when an import fails."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from sandbox.additions import Additions, PackageNotAddedError, missing_module
from sandbox.errors import VariableError
from sandbox.records import Execution
from sandbox.store import VariableBundle, VariableStore
from sandbox.versions import Comparison, Lack, needed_modules

log = logging.getLogger(__name__)
COMPANIONS = {"plotly": "kaleido"}
"""Module → the package that draws its figures."""


class Fit:
    """What one sandbox knows of how its image fits."""

    def __init__(self, additions: Additions) -> None:
        self._additions = additions
        self._told: set[str] = set()
        self._given_up: set[str] = set()

    def to_variables(self, bundle: VariableBundle, store: VariableStore) -> str:
        """See to it that the image has what the variables need, adding what is allowed.

        Returns a note on libraries whose versions differ, which is logged as well;
        empty if all agree.

        Raises:
            VariableError: a variable needs a library that the image lacks, or the image has
                another minor version of Python.
            VariableStoreError: their bytes are gone.
            SandboxUnavailableError: no engine, or no image.
        """
        if not bundle["variables"]:
            return ""
        if self._additions.python not in (bundle["python"], None):
            raise VariableError(
                f"the variables were pickled by Python {bundle['python']} and cannot be loaded"
                f" into the image's Python {self._additions.python}; use an image with the same,"
                " such as the one `codegen-agent sandbox build` makes"
            )
        with store.open(bundle["pickle"]) as stream:
            needs = needed_modules(stream, bundle["variables"])
        while lacks := Comparison(self._additions.packages()).lacks(needs):
            self._supply(lacks[0])
        differing = [
            str(one)
            for one in Comparison(self._additions.packages()).differences(needs)
            if one.matters
        ]
        if not differing:
            return ""
        note = f"versions differ: {'; '.join(differing)}; `codegen-agent sandbox build` mends that"
        if note not in self._told:
            self._told.add(note)
            log.warning("%s", note)
        return note

    def to_code(self, code: str, run_once: Callable[[], Execution]) -> Execution:
        """Run; as long as an import fails for want of an allowed package, add it and run again.

        What only draws the figures of another package is added ahead, since no import
        of the code asks for it.

        Raises:
            SandboxUnavailableError: the environment cannot run anything.
        """
        added = list(self._companions(code))
        execution = run_once()
        while module := missing_module(execution):
            try:
                added.append(self._additions.add(module))
            except PackageNotAddedError as why_not:
                added.append(str(why_not))
                break
            log.info("%s; running again", added[-1])
            execution = run_once()
        if not added:
            return execution
        told = "" if execution.outcome == "missing_package" else execution.detail
        return replace(execution, detail="; ".join(filter(None, (told, *added))))

    def _companions(self, code: str) -> Iterator[str]:
        allowed = self._additions.allowed()
        for module, companion in COMPANIONS.items():
            wanted = companion in allowed and re.search(rf"\b{module}\b", code) is not None
            if wanted and companion not in {*self._additions.packages(), *self._given_up}:
                try:
                    yield self._additions.add(companion)
                except PackageNotAddedError as why_not:
                    self._given_up.add(companion)
                    log.warning("%s", why_not)
                    yield str(why_not)

    def _supply(self, lack: Lack) -> None:
        try:
            log.info("%s", self._additions.add(lack.distribution))
        except PackageNotAddedError as error:
            wanted = lack.distribution
            mend = f"or allow it: SandboxPolicy(allow_packages=({wanted!r},))"
            raise VariableError(
                f"variable {lack.variable!r} needs the module {lack.module!r} of {wanted!r}, which"
                " the runner image has not; send plain data made from it,"
                f" {f'for {error}' if wanted in self._additions.allowed() else mend}"
            ) from None
