"""Adds allowed packages to a sandbox's image when code turns out to need them."""

from __future__ import annotations

import functools
import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.errors import ImageBuildError
from sandbox.image.distributions import distribution_names
from sandbox.image.inventory import image_exists, image_id, image_packages, image_python
from sandbox.image.requirements import normalize
from sandbox.records import Execution

log = logging.getLogger(__name__)
_MISSING = re.compile(r"No module named '([\w.]+)'")
_NO_KALEIDO = re.compile(r"\s*Image export .{0,40}requires the kaleido package", re.IGNORECASE)


class PackageNotAddedError(Exception):
    """A module stays missing; the message is a sentence on why."""


class Additions:
    """One runner image, and the image with what was added to it so far."""

    def __init__(
        self, client: Callable[[], Any], runner: str | Callable[[], str], allowed: Sequence[str]
    ) -> None:
        """Add nothing yet.

        Args:
            client: gives the engine.
            runner: the runner image, or what finds its name when it is first needed.
            allowed: requirements, checked.
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
        """The image for the next run."""
        return self._extended or self._runner

    def image_id(self) -> str:
        """What the image's name stands for now; of ours the name tells.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        given = isinstance(self._given_runner, str) and self._extended is None
        return image_id(self._client(), self.image) if given else self.image

    def packages(self) -> Mapping[str, str]:
        """Name → version of the image's libraries.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        image = self.image
        if image not in self._packages:
            self._packages[image] = image_packages(self._client(), image)
        return self._packages[image]

    @functools.cached_property
    def python(self) -> str | None:
        """The image's minor version of Python, None if it does not tell.

        Raises:
            SandboxUnavailableError: no engine, or no image.
        """
        return image_python(self._client(), self._runner)

    def allowed(self) -> Mapping[str, str]:
        """Name of a distribution → its requirement, of what may be added."""
        if not self._allowed:
            return {}
        from packaging.requirements import Requirement

        return {normalize(Requirement(one).name): one for one in self._allowed}

    def add(self, module: str) -> str:
        """Add the allowed package that provides a module; return a sentence on what was added.

        Raises:
            PackageNotAddedError: none does, or it is not to be had as a wheel.
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
        """Go back to the runner image if the extended one was removed; tell whether it was."""
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
        found = next((allowed[name] for name in names if name in allowed), None)
        there = next((name for name in names if name in inside), None)
        if found is None and there is not None:
            raise PackageNotAddedError(f"{there} {inside[there]} has no module {module!r}")
        found = found or self._provider_by_wheel(module.partition(".")[0])
        if found is None:
            listed = ", ".join(map(repr, self._allowed)) or "none (SandboxPolicy.allow_packages)"
            raise PackageNotAddedError(
                f"it needs the module {module!r}, which the image has not; packages that may be"
                f" added to it: {listed}"
            )
        return found

    def _provider_by_wheel(self, top: str) -> str | None:
        from sandbox.engine import engine_facts
        from sandbox.image.extension import modules_of

        for requirement in self._allowed:
            if requirement not in self._modules:
                try:
                    arch = engine_facts(self._client()).arch
                    self._modules[requirement] = modules_of(requirement, arch)
                except ImageBuildError as error:
                    log.warning("cannot look into the allowed %r: %s", requirement, error)
                    continue
            if top in self._modules[requirement]:
                return requirement
        return None


def missing_module(execution: Execution) -> str | None:
    """Read the module off a failed import; None for one that names none.

    Plotly has a sentence of its own for the one it cannot write images without.
    """
    if execution.error is not None and _NO_KALEIDO.match(execution.error.message):
        return "kaleido"
    if execution.outcome != "missing_package" or execution.error is None:
        return None
    match = _MISSING.match(execution.error.message)
    return match[1] if match else None
