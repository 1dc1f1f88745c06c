"""``doctor``: try out everything a run needs, and say how to fix what fails."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from graph_agent.cli.exits import Exit, print_json
from graph_agent.cli.forget import size_text
from graph_agent.config.settings import ReadSettings, Settings, load_settings, read_settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import AgentError
from graph_agent.from_settings import client_from, policy_from
from graph_agent.models import open_call_log, profile_of
from graph_agent.models.local.prompt_states import PromptStates
from graph_agent.runs.state_size import state_size
from sandbox import DockerSandbox, SandboxError
from sandbox.containers.hardening import confinement
from sandbox.engine.connection import connect
from sandbox.engine.facts import engine_facts, usable_runtime
from sandbox.image import image_packages, image_tag
from sandbox.image.fitter import Comparison
from sandbox.private_files import private_folder
from sandbox.terminal_text import one_line

BUILD = "run `codegen-agent sandbox build`"
PROBE = """
import ctypes, os, socket
GET_NO_NEW_PRIVS = 39
gvisor = os.path.exists("/proc/sentry-meminfo")
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
def refused(act):
    try:
        act()
    except OSError:
        return True
    return False
proof = {
    "no network": refused(lambda: socket.create_connection(("192.0.2.1", 80), 2)),
    "no capability": int(status["CapEff"], 16) == 0 and int(status["CapBnd"], 16) == 0,
    "no new privileges": ctypes.CDLL(None).prctl(GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
    "gVisor" if gvisor else "seccomp": gvisor or status["Seccomp"].strip() == "2",
    "not root": os.getuid() != 0,
    "root read-only": refused(lambda: open("/probe", "w")),
    "variables read-only": refused(lambda: open("/job/probe", "w")),
    "process 1 out of reach": refused(lambda: open("/proc/1/mem", "r+b")),
}
"""
"""Runs in a real container. Every entry of ``proof`` must be True."""


UNCHECKED = "not checked"


@dataclass(frozen=True)
class Check:
    """The result of one check. ``fix``: what to do if it is not ok."""

    name: str
    ok: bool
    found: str
    fix: str = ""
    required: bool = True


def check_machine(as_json: bool) -> None:
    """Run all checks; exit 0 if everything a run needs works, else 3."""
    checks = list(run_checks())
    ok = all(check.ok for check in checks if check.required)
    if as_json:
        checked = [asdict(check) for check in checks]
        print_json({"ok": ok, "checks": checked, "state_bytes": _state_bytes()})
    else:
        _show(checks)
    raise typer.Exit(int(Exit.SOLVED if ok else Exit.ENVIRONMENT))


def run_checks() -> Iterator[Check]:
    """Check each part in turn; a failure doesn't hide the next ones."""
    yield _try("python", _python, "install Python 3.11, 3.12 or 3.13")
    try:
        read = read_settings()
    except AgentError as error:
        yield Check("settings", False, str(error), "correct it in the environment or .env file")
        return
    settings = read.settings
    yield Check("settings", True, _origins(read))
    if line := read.sources.ignored_line():
        yield Check(".env file", False, line, "allow it only if you trust it", required=False)
    yield _try("state folder", lambda: _state(settings), "set CODEGEN_AGENT_STATE")
    fix = "check CODEGEN_AGENT_CHECKPOINTS and the state folder"
    yield _try("state size", lambda: size_text(state_size(settings)), fix)
    engine = _try("engine", _engine, "start Docker, or install it")
    yield engine
    if settings.runtime and engine.ok:
        fix = "install it, or set CODEGEN_AGENT_RUNTIME to another runtime"
        yield _try("runtime", lambda: _runtime(settings), fix)
    if engine.ok:
        yield _try("confinement", lambda: _confinement(settings), "see the engine's message")
    yield from _runs(settings, engine)
    yield _key(settings)
    yield _try("model", lambda: _model(settings), "set a key, or run `codegen-agent model fetch`")
    yield _model_cache(settings)
    yield _prompt_states(settings)


def _runs(settings: Settings, engine: Check) -> Iterator[Check]:
    """Check what needs an engine; what needs a failed check too is not tried again."""
    needed = engine
    for name, check, fix in (
        ("runner image", _image, BUILD),
        ("versions", _versions, BUILD),
        ("hardening", lambda: _hardening(settings), "use an engine that provides all of these"),
        ("variables", lambda: _variables(settings), "see the engine's message"),
    ):
        if needed.ok:
            result = _try(name, check, fix)
            if name in ("runner image", "hardening"):
                needed = result
        else:
            result = Check(name, False, UNCHECKED, f"first fix the {needed.name}")
        yield result


def _state_bytes() -> dict[str, int] | None:
    with contextlib.suppress(AgentError, OSError):
        return state_size(load_settings())
    return None


def _try(name: str, check: Callable[[], str], fix: str) -> Check:
    try:
        return Check(name, True, check())
    except (AgentError, SandboxError, OSError) as error:
        return Check(name, False, str(error), fix)


def _python() -> str:
    found = "{}.{}.{}".format(*sys.version_info)
    if not (3, 11) <= sys.version_info < (3, 14):
        raise AgentError(f"Python {found} is not supported")
    return found


def _origins(read: ReadSettings) -> str:
    """Say where each setting comes from, without its value."""
    names: dict[str, list[str]] = {}
    for name, origin in read.origins().items():
        names.setdefault(origin, []).append(name)
    names.pop("default", None)
    listed = [f"from {origin}: {', '.join(found)}" for origin, found in names.items()]
    return "; ".join([f".env: {read.settings.dotenv_path or 'none'}", *listed, "others: defaults"])


def _state(settings: Settings) -> str:
    private_folder(settings.state_dir)
    probe = settings.state_dir / f".probe-{os.getpid()}"
    probe.touch()
    probe.unlink()
    return str(settings.state_dir)


def _engine() -> str:
    with closing(connect()) as client:
        facts = engine_facts(client)
    return (
        f"{facts.version} on {facts.os}/{facts.arch}, cgroup v{facts.cgroup_version},"
        f" {facts.ncpu} cores, {facts.memory_bytes >> 30} GiB,"
        f" runtimes {', '.join(facts.runtimes)}"
    )


def _runtime(settings: Settings) -> str:
    with closing(connect()) as client:
        runtime = usable_runtime(engine_facts(client), policy_from(settings))
    return f"{runtime.name} (gVisor)" if runtime.is_gvisor else str(runtime.name)


def _image() -> str:
    with DockerSandbox() as sandbox:
        sandbox.check()
    return image_tag()


def _versions() -> str:
    """Compare the libraries on both sides: a pickle may not load across versions."""
    with closing(connect()) as client:
        differing = Comparison(image_packages(client, image_tag())).differences()
    if differing:
        raise AgentError("; ".join(map(str, differing)))
    return "the host's libraries match the image"


def _hardening(settings: Settings) -> str:
    with DockerSandbox(policy_from(settings)) as sandbox:
        run = sandbox.run(PROBE, returns=["proof"])
    proof = run.variables.get("proof")
    if not isinstance(proof, dict):
        raise AgentError(f"the probe did not run: {run.outcome} {run.detail}")
    missing = [name for name, holds in proof.items() if holds is not True]
    if missing:
        raise AgentError(f"missing: {', '.join(missing)}")
    return f"proven by a run: {', '.join(proof)}"


def _confinement(settings: Settings) -> str:
    """Say what the engine's kernel enforces besides the limits."""
    with closing(connect()) as client:
        facts = engine_facts(client)
    found = confinement(facts, usable_runtime(facts, policy_from(settings))).to_json()
    return "; ".join(f"{name}: {what}" for name, what in found.items())


def _variables(settings: Settings) -> str:
    """Pass a variable from the real store, and report which way it went."""
    store = variable_store(settings)
    with DockerSandbox(policy_from(settings), store=store) as sandbox:
        run = sandbox.run("assert n == 1", {"n": 1})
        shared = sandbox.shares_files
    if not run.ok:
        raise AgentError(f"the probe did not run: {run.outcome} {run.detail}")
    if shared:
        return "mapped from a folder that the engine sees"
    return "copied through the engine's API: it does not see this machine's files"


def _key(settings: Settings) -> Check:
    if settings.gemini_api_key is None:
        fix = "set GEMINI_API_KEY_FOR_CODEGEN_AGENT"
        return Check("key", False, "no Gemini key", fix, required=False)
    return Check("key", True, "a Gemini key is set")


def _model(settings: Settings) -> str:
    profile = profile_of(client_from(None, settings))
    return f"{profile.provider} {profile.name} (set up, not called)"


def _model_cache(settings: Settings) -> Check:
    name = "model cache"
    if not settings.model_cache:
        return Check(name, True, "off", required=False)
    calls = open_call_log(settings)
    try:
        answers, size_bytes = calls.cache_size()
    except (OSError, AgentError) as error:
        fix = f"move {str(calls.path.parent)!r} away, or set CODEGEN_AGENT_STATE"
        return Check(name, False, str(error), fix, required=False)
    return Check(name, True, f"{answers} answers, {size_bytes / 1e6:.1f} MB in {calls.path}")


def _prompt_states(settings: Settings) -> Check:
    """Say how much the local model keeps of its unchanging prompt; it can be deleted any time."""
    states = PromptStates.in_cache(settings.cache_dir)
    count, size_bytes = states.size()
    found = f"{count}, {size_bytes / 1e6:.1f} MB in {states.folder}" if count else "none"
    return Check("prompt states", True, found, required=False)


def _together(checks: list[Check]) -> Iterator[Check]:
    """Join the checks that one failure kept from being made."""
    for fix, group in itertools.groupby(
        checks, lambda check: check.found == UNCHECKED and check.fix
    ):
        same = list(group)
        if fix:
            names = ", ".join(check.name for check in same)
            yield Check(names, False, UNCHECKED, str(fix))
        else:
            yield from same


def _show(checks: list[Check]) -> None:
    # Folded, not cut off, so that a fix can be copied.
    table = Table(*(Column(title, overflow="fold") for title in ("", "check", "found", "fix")))
    for check in _together(checks):
        mark = "[green]ok[/green]" if check.ok else "[red]no[/red]" if check.required else "–"
        fix = "" if check.ok else check.fix
        table.add_row(mark, check.name, Text(one_line(check.found)), Text(one_line(fix)))
    Console().print(table)
