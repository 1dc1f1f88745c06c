"""Fits the image to a run: to its variables beforehand, to its code when an import fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from sandbox.additions import Additions, PackageNotAddedError, missing_module
from sandbox.errors import VariableError
from sandbox.records import Execution
from sandbox.store import VariableBundle, VariableStore
from sandbox.versions import Comparison, Lack, needed_modules

log = logging.getLogger(__name__)


class Fit:
    """What one sandbox knows of how its image fits."""

    def __init__(self, additions: Additions) -> None:
        self._additions = additions
        self._told: set[str] = set()

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

    def to_code(self, run_once: Callable[[], Execution]) -> Execution:
        """Run; as long as an import fails for want of an allowed package, add it and run again.

        Raises:
            SandboxUnavailableError: the environment cannot run anything.
        """
        added: list[str] = []
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
        kept = [execution.detail] if execution.outcome not in ("ok", "missing_package") else []
        return replace(execution, detail="; ".join([*kept, *added]))

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
