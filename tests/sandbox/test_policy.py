"""The limits of a run, and what is refused as one."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sandbox import DockerSandbox, PolicyError, SandboxPolicy


@pytest.mark.parametrize(
    "allowed", [("emoji",), ("Faker>=20", "numpy==2.*"), ("uvicorn[standard]~=0.30",), ()]
)
def test_names_with_or_without_versions_are_allowed(allowed: tuple[str, ...]) -> None:
    assert SandboxPolicy(allow_packages=allowed).allow_packages == allowed


def test_a_list_is_taken_and_the_policy_stays_hashable() -> None:
    given: Any = ["emoji"]
    policy = SandboxPolicy(allow_packages=given)
    assert policy.allow_packages == ("emoji",)
    assert hash(policy) == hash(SandboxPolicy(allow_packages=("emoji",)))


@pytest.mark.parametrize(
    "bad",
    [
        "emoji @ https://example.org/emoji.whl",
        "git+https://example.org/emoji.git",
        "./emoji.whl",
        "/tmp/emoji",
        "emoji; python_version > '3'",
        "--index-url=https://example.org",
        "-r requirements.txt",
        "emoji\n--pre",
        "emoji>",
        "",
        3,
    ],
)
def test_what_is_more_than_a_name_is_refused(bad: Any) -> None:
    with pytest.raises(PolicyError, match="allow_packages takes names"):
        SandboxPolicy(allow_packages=("emoji", bad))


@pytest.mark.parametrize("bad", ["emoji", None, 3])
def test_one_name_alone_is_no_list_of_names(bad: Any) -> None:
    with pytest.raises(PolicyError, match=r"such as \('emoji',\)"):
        SandboxPolicy(allow_packages=bad)


@pytest.mark.parametrize("name", ["timeout_s", "start_timeout_s", "cpus"])
@pytest.mark.parametrize("bad", [0, -1, math.inf, math.nan, 1e300, 10**400, "5", "2", True, None])
def test_a_number_is_finite_and_no_text(name: str, bad: Any) -> None:
    with pytest.raises(PolicyError, match=f"^{name} must be a number from 0"):
        SandboxPolicy(**{name: bad})


@pytest.mark.parametrize("name", ["pids", "max_figures", "max_variables"])
@pytest.mark.parametrize(
    "bad", [0, -1, math.inf, math.nan, 1.5, 2.0, 10**20, 10**5000, "5", True, None]
)
def test_a_count_is_a_whole_number_and_no_text(name: str, bad: Any) -> None:
    with pytest.raises(PolicyError, match=f"^{name} must be a whole number from [12] to") as raised:
        SandboxPolicy(**{name: bad})
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("name", ["memory", "scratch", "max_file", "max_output", "max_result"])
@pytest.mark.parametrize(
    "bad",
    [0, -1, "0", "9" * 400, "1025t", 10**30, 10**5000, 1e9, math.inf, "much", "1e6", True, None],
)
def test_a_size_is_within_what_an_engine_takes(name: str, bad: Any) -> None:
    with pytest.raises(PolicyError, match=f"^{name} must be a size ") as raised:
        SandboxPolicy(**{name: bad})
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    ("limit", "least"),
    [
        ({"memory": "31m"}, "32m"),
        ({"scratch": "1"}, "1m"),
        ({"max_file": 1}, "1m"),
        ({"max_result": 1}, "128"),
    ],
)
def test_too_little_to_start_a_worker_is_refused(limit: dict[str, Any], least: str) -> None:
    name, given = next(iter(limit.items()))
    with pytest.raises(PolicyError, match=f"^{name} .* at least '{least}', not '?{given}'? "):
        SandboxPolicy(**limit)


@pytest.mark.parametrize("limit", [{"pids": 1}, {"cpus": 0.001}, {"timeout_s": 1e-9}])
def test_too_little_to_run_anything_is_refused(limit: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=f"^{next(iter(limit))} must be .* from "):
        SandboxPolicy(**limit)


@pytest.mark.parametrize("bad", [5, "", b"runc", False])
def test_a_runtime_is_a_name(bad: Any) -> None:
    with pytest.raises(PolicyError, match="^runtime must be the name"):
        SandboxPolicy(runtime=bad)


@pytest.mark.docker
def test_the_least_of_each_size_starts_a_worker() -> None:
    policy = SandboxPolicy(
        memory="64m", cpus=0.5, pids=2, scratch="1m", max_file="1m", max_output=1, max_result=1024
    )
    with DockerSandbox(policy) as sandbox:
        assert sandbox.run("x = 1").variables == {"x": 1}
        sandbox.policy = SandboxPolicy(max_result=128)
        assert sandbox.run("x = 1").outcome == "output_limit"


@pytest.mark.docker
def test_the_most_of_each_size_starts_a_worker() -> None:
    sizes = dict.fromkeys(("memory", "scratch", "max_file", "max_output", "max_result"), "1024t")
    numbers = dict.fromkeys(("timeout_s", "start_timeout_s", "cpus"), 1_000_000)
    most: dict[str, Any] = {**sizes, **numbers, "pids": 1 << 18, "max_figures": (1 << 63) - 1}
    with DockerSandbox(SandboxPolicy(**most)) as sandbox:
        assert sandbox.run("x = 1").variables == {"x": 1}


def test_sizes_are_powers_of_1024() -> None:
    assert SandboxPolicy(memory="1.5 GiB").memory_bytes == 3 << 29
    assert SandboxPolicy(max_output=7).max_output_bytes == 7
