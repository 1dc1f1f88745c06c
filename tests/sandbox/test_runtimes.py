"""Which runtime a policy gets, and what is said when it does not."""

from __future__ import annotations

import dataclasses
from typing import Any

import docker
import pytest

from sandbox import DockerSandbox, SandboxPolicy, SandboxUnavailableError
from sandbox.engine import EngineFacts, engine_facts
from sandbox.runtimes import Runtime, runtimes_of, usable_runtime

RUNSC = {"path": "/usr/bin/runsc", "runtimeArgs": ["--platform=ptrace"]}


@pytest.fixture(scope="module")
def facts() -> EngineFacts:
    client = docker.from_env()
    try:
        return engine_facts(client)
    finally:
        client.close()


def having(facts: EngineFacts, **runtimes: Any) -> EngineFacts:
    return dataclasses.replace(facts, runtimes=runtimes_of({"Runtimes": runtimes}), ncpu=2)


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
def test_what_an_engine_says_of_a_runtime(
    name: str, details: Any, is_gvisor: bool, ignores_cgroups: bool
) -> None:
    found = runtimes_of({"Runtimes": {name: details}})
    assert found == {name: Runtime(name, is_gvisor, ignores_cgroups)}


def test_none_is_the_engines_default(facts: EngineFacts) -> None:
    assert usable_runtime(facts, SandboxPolicy()).name == facts.default_runtime
    gvisor = dataclasses.replace(having(facts, runsc=RUNSC), default_runtime="runsc")
    assert usable_runtime(gvisor, SandboxPolicy()).is_gvisor


@pytest.mark.parametrize("name", ["runsc", "nonesuch"])
def test_one_the_engine_lacks(facts: EngineFacts, name: str) -> None:
    engine = having(facts, runc={"path": "runc"}, crun={"path": "crun"})
    with pytest.raises(SandboxUnavailableError) as told:
        usable_runtime(engine, SandboxPolicy(runtime=name))
    for words in (repr(name), "crun, runc", "daemon.json", '"runsc"', "/usr/bin/runsc"):
        assert words in str(told.value)


def test_one_by_its_full_name_and_engines_that_list_none(facts: EngineFacts) -> None:
    full = SandboxPolicy(runtime="io.containerd.runsc.v1")
    assert usable_runtime(having(facts, runc={"path": "runc"}), full).is_gvisor
    assert usable_runtime(having(facts), SandboxPolicy(runtime="runsc")).is_gvisor


def test_cores_that_nobody_would_hold(facts: EngineFacts) -> None:
    engine = having(facts, runsc={"path": "runsc", "runtimeArgs": ["--ignore-cgroups"]})
    assert usable_runtime(engine, SandboxPolicy(runtime="runsc", cpus=2)).ignores_cgroups
    with pytest.raises(SandboxUnavailableError, match=r"1 of the engine's 2 cores.*cgroups"):
        usable_runtime(engine, SandboxPolicy(runtime="runsc", cpus=1))


def test_a_runtime_that_is_not_there_is_told_before_anything_costs_time() -> None:
    class Slow:
        def __reduce__(self) -> Any:
            raise AssertionError("pickled")

    with DockerSandbox(SandboxPolicy(runtime="nonesuch")) as sandbox:
        for act in (sandbox.check, lambda: sandbox.run("x = 1", {"slow": Slow()})):
            with pytest.raises(SandboxUnavailableError, match=r"no runtime 'nonesuch', only.*runc"):
                act()
