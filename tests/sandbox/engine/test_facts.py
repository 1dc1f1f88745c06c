"""What an engine reports about itself, and which runtime a policy gets."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import pytest

from sandbox import (
    DockerSandbox,
    EngineUnreachableError,
    SandboxPolicy,
    SandboxUnavailableError,
)
from sandbox.engine.connection import connect
from sandbox.engine.facts import (
    EngineFacts,
    Runtime,
    engine_facts,
    runtimes_of,
    security_of,
    usable_runtime,
)
from tests.sandbox.engine.web_server import serving

RUNSC = {"path": "/usr/bin/runsc", "runtimeArgs": ["--platform=ptrace"]}


@pytest.fixture(scope="module")
def facts() -> EngineFacts:
    with contextlib.closing(connect()) as client:
        return engine_facts(client)


def having(facts: EngineFacts, **runtimes: Any) -> EngineFacts:
    return dataclasses.replace(facts, runtimes=runtimes_of({"Runtimes": runtimes}), ncpu=2)


@pytest.mark.docker
def test_the_facts_of_a_real_engine(facts: EngineFacts) -> None:
    assert facts.os == "linux"
    assert facts.arch in ("amd64", "arm64")
    assert facts.ncpu >= 1
    assert facts.memory_bytes > 1 << 28
    assert facts.default_runtime in facts.runtimes
    assert facts.cgroup_version in ("1", "2")
    assert facts.version
    assert facts.storage


def test_an_engine_that_stops_answering_is_unreachable() -> None:
    with serving(b'{"ApiVersion": "1.41"}') as address:
        client = connect(address)
    with contextlib.closing(client), pytest.raises(EngineUnreachableError, match="not answer"):
        engine_facts(client)


@pytest.mark.parametrize(
    ("name", "details", "is_gvisor", "ignores_cgroups"),
    [
        ("runc", {"path": "runc"}, False, False),
        ("runsc", RUNSC, True, False),
        ("safe", RUNSC, True, False),
        ("safe", {"runtimeType": "io.containerd.runsc.v1"}, True, False),
        ("runsc", {"path": "x", "runtimeArgs": ["--ignore-cgroups"]}, True, True),
        ("runsc", {"path": "x", "runtimeArgs": ["-ignore-cgroups=true"]}, True, True),
        ("runsc", {"path": "x", "runtimeArgs": ["--ignore-cgroups=false"]}, True, False),
        ("kata", None, False, False),
    ],
)
def test_a_runtimes_properties_are_read_from_the_engines_info(
    name: str, details: Any, is_gvisor: bool, ignores_cgroups: bool
) -> None:
    found = runtimes_of({"Runtimes": {name: details}})
    assert found == {name: Runtime(name, is_gvisor, ignores_cgroups)}


def test_the_default_runtime_is_the_engines(facts: EngineFacts) -> None:
    assert usable_runtime(facts, SandboxPolicy()).name == facts.default_runtime
    gvisor = dataclasses.replace(having(facts, runsc=RUNSC), default_runtime="runsc")
    assert usable_runtime(gvisor, SandboxPolicy()).is_gvisor


@pytest.mark.parametrize("name", ["runsc", "nonesuch"])
def test_a_missing_runtime_is_refused(facts: EngineFacts, name: str) -> None:
    engine = having(facts, runc={"path": "runc"}, crun={"path": "crun"})
    with pytest.raises(SandboxUnavailableError) as caught:
        usable_runtime(engine, SandboxPolicy(runtime=name))
    for words in (repr(name), "crun, runc", "daemon.json", '"runsc"', "/usr/bin/runsc"):
        assert words in str(caught.value)


def test_a_full_name_and_an_engine_without_a_list_are_accepted(facts: EngineFacts) -> None:
    full = SandboxPolicy(runtime="io.containerd.runsc.v1")
    assert usable_runtime(having(facts, runc={"path": "runc"}), full).is_gvisor
    assert usable_runtime(having(facts), SandboxPolicy(runtime="runsc")).is_gvisor


def test_a_core_limit_that_would_be_ignored_is_refused(facts: EngineFacts) -> None:
    engine = having(facts, runsc={"path": "runsc", "runtimeArgs": ["--ignore-cgroups"]})
    assert usable_runtime(engine, SandboxPolicy(runtime="runsc", cpus=2)).ignores_cgroups
    with pytest.raises(SandboxUnavailableError, match=r"1 of the engine's 2 cores.*cgroups"):
        usable_runtime(engine, SandboxPolicy(runtime="runsc", cpus=1))


def test_a_missing_runtime_fails_before_variables_are_pickled() -> None:
    class Slow:
        def __reduce__(self) -> Any:
            raise AssertionError("pickled")

    with DockerSandbox(SandboxPolicy(runtime="nonesuch")) as sandbox:
        for act in (sandbox.check, lambda: sandbox.run("x = 1", {"slow": Slow()})):
            with pytest.raises(SandboxUnavailableError, match=r"no runtime 'nonesuch', only.*runc"):
                act()


@pytest.mark.parametrize(
    ("options", "security"),
    [
        (
            ["name=apparmor", "name=seccomp,profile=default", "name=cgroupns"],
            "apparmor seccomp cgroupns",
        ),
        (["name=seccomp,profile=builtin", "name=rootless"], "seccomp rootless"),
        (["seccomp"], "seccomp"),  # engines before 1.13
        ([], ""),
        (None, ""),
    ],
)
def test_what_the_kernel_provides(options: Any, security: str) -> None:
    assert security_of({"SecurityOptions": options}) == set(security.split())


def test_this_engine_has_seccomp(facts: EngineFacts) -> None:
    assert "seccomp" in facts.security
