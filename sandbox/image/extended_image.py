"""A sandbox's image, extended by allowed packages when code needs them."""

from __future__ import annotations

import difflib
import functools
import logging
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.errors import ImageBuildError
from sandbox.image.inventory import image_exists, image_id, image_packages, image_python
from sandbox.image.requirements import distribution_names, normalize
from sandbox.records import Execution

log = logging.getLogger(__name__)
_MISSING = re.compile(r"No module named '([\w.]+)'")
_NO_KALEIDO = re.compile(r"\s*Image export .{0,40}requires the kaleido package", re.IGNORECASE)


class PackageNotAddedError(Exception):
    """A module is still missing; the message is a sentence that says why."""


class ExtendedImage:
    """A runner image together with the packages added to it so far."""

    def __init__(
        self, client: Callable[[], Any], runner: str | Callable[[], str], allowed: Sequence[str]
    ) -> None:
        """Add nothing yet.

        Args:
            client: returns the engine.
            runner: the runner image, or a function that returns its name when first needed.
            allowed: requirements, already checked.
        """
        self._client = client
        self._given_runner = runner
        self._allowed = tuple(allowed)
        self._added: tuple[str, ...] = ()
        self._extended: str | None = None
        self._modules: dict[str, frozenset[str]] = {}
        self._packages: dict[str, Mapping[str, str]] = {}
        self._lock = threading.Lock()

    @property
    def image(self) -> str:
        """The tag of the image for the next run."""
        return self._extended or self._runner

    def image_id(self) -> str:
        """Identify the image's present content; the tags of our own images already do.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        given = isinstance(self._given_runner, str) and self._extended is None
        return image_id(self._client(), self.image) if given else self.image

    def packages(self) -> Mapping[str, str]:
        """Return name → version of the image's libraries.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        image = self.image
        if image not in self._packages:
            self._packages[image] = image_packages(self._client(), image)
        return self._packages[image]

    @functools.cached_property
    def python(self) -> str | None:
        """The image's minor version of Python; None if it has no such label.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        return image_python(self._client(), self._runner)

    def allowed(self) -> Mapping[str, str]:
        """Return name of a distribution → its requirement, for what may be added."""
        if not self._allowed:
            return {}
        from packaging.requirements import Requirement

        return {normalize(Requirement(text).name): text for text in self._allowed}

    def add(self, module: str) -> str:
        """Add the allowed package that provides a module; return a sentence on what was added.

        Raises:
            PackageNotAddedError: no allowed package provides it, or there is no wheel.
            SandboxUnavailableError: the engine does not answer.
        """
        from sandbox.image.extension import extend_image

        with self._lock:
            requirement = self._provider(module)
            if requirement in self._added:
                raise PackageNotAddedError(f"{requirement!r} has no module {module!r}")
            wanted = (*self._added, requirement)
            log.info("adding %r, which the code needs for %r", requirement, module)
            try:
                image = extend_image(self._client(), self._runner, wanted, progress=log.debug)
            except ImageBuildError as error:
                raise PackageNotAddedError(
                    f"it needs the module {module!r}, and the allowed package {requirement!r}"
                    f" could not be added to the image: {error}"
                ) from None
            before = self.packages()
            self._added, self._extended = wanted, image
            new = [f"{n} {v}" for n, v in self.packages().items() if before.get(n) != v]
            return f"added to the image for it: {', '.join(new) or requirement}"

    def forget_removed(self) -> bool:
        """Go back to the runner image if the extended one was removed; return whether it was."""
        with self._lock:
            if self._extended is None or image_exists(self._client(), self._extended):
                return False
            self._extended, self._added = None, ()
            return True

    @functools.cached_property
    def _runner(self) -> str:
        return self._given_runner if isinstance(self._given_runner, str) else self._given_runner()

    def _provider(self, module: str) -> str:
        """Find the allowed requirement that provides a module."""
        names, allowed, inside = distribution_names(module), self.allowed(), self.packages()
        if found := next((allowed[name] for name in names if name in allowed), None):
            return found
        if present := next((name for name in names if name in inside), None):
            raise PackageNotAddedError(f"{present} {inside[present]} has no module {module!r}")
        if found := self._provider_by_wheel(module.partition(".")[0]):
            return found
        listed = ", ".join(map(repr, self._allowed))
        also = f" (it may get {listed})" if listed else ""
        top = module.partition(".")[0]
        close = difflib.get_close_matches(top, [*inside, *sys.stdlib_module_names], 1, 0.8)
        meant = f"did you mean {close[0]!r}? If not, allow it" if close else "to allow it"
        raise PackageNotAddedError(
            f"it needs the module {module!r}, which the image doesn't have{also};"
            f" {meant}: {how_to_allow(names[0])}"
        )

    def _provider_by_wheel(self, top: str) -> str | None:
        from sandbox.engine.facts import engine_facts
        from sandbox.image.extension import modules_of

        for requirement in self._allowed:
            if requirement not in self._modules:
                try:
                    arch = engine_facts(self._client()).arch
                    self._modules[requirement] = modules_of(requirement, arch)
                except ImageBuildError as error:
                    log.warning("cannot list the modules of the allowed %r: %s", requirement, error)
                    continue
            if top in self._modules[requirement]:
                return requirement
        return None


def how_to_allow(name: str) -> str:
    """Say how a user allows a package."""
    option = f"--allow-package {name} on the command line"
    return f"{option}, or SandboxPolicy(allow_packages=({name!r},))"


def missing_module(execution: Execution) -> str | None:
    """Return the module that a failed import names, or None.

    Plotly has its own message for the module that it needs to write images.
    """
    if execution.error is None:
        return None
    if _NO_KALEIDO.match(execution.error.message):
        return "kaleido"
    match = _MISSING.match(execution.error.message)
    return match[1] if match and execution.outcome == "missing_package" else None
