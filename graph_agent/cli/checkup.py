"""``doctor``: what works here, found out by trying, each failing line with its mend."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from graph_agent.cli.exits import Exit, print_json
from graph_agent.errors import AgentError
from graph_agent.graph import policy_from
from graph_agent.models import AnswerCache, create_client, profile_of
from graph_agent.settings import Settings, load_settings
from graph_agent.visible import visible
from sandbox import DockerSandbox, SandboxError, VariableStore
from sandbox.engine import connect, engine_facts
from sandbox.image import image_packages, image_tag
from sandbox.runtimes import usable_runtime
from sandbox.versions import Comparison

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
"""Run in a real container; each entry must come out true."""


@dataclass(frozen=True)
class Line:
    """One thing looked at. ``mend``: what to do, for one that is not ok."""

    name: str
    ok: bool
    found: str
    mend: str = ""
    required: bool = True


def examine(as_json: bool) -> None:
    """Look at everything; exit 0 if all that a run needs is there, else 3."""
    lines = list(diagnose())
    sound = all(line.ok for line in lines if line.required)
    if as_json:
        print_json({"ok": sound, "checks": [asdict(line) for line in lines]})
    else:
        _show(lines)
    raise typer.Exit(int(Exit.SOLVED if sound else Exit.ENVIRONMENT))


def diagnose() -> Iterator[Line]:
    """Try each part in turn; one that fails does not hide the next."""
    yield _tried("python", _python, "install Python 3.11, 3.12 or 3.13")
    try:
        settings = load_settings()
    except AgentError as error:
        yield Line("settings", False, str(error), "correct it in the environment or .env file")
        return
    yield Line("settings", True, f".env: {settings.dotenv_path or 'none found'}")
    yield _tried("state folder", lambda: _state(settings), "set CODEGEN_AGENT_STATE")
    engine = _tried("engine", _engine, "start Docker, or install it")
    yield engine
    if settings.runtime and engine.ok:
        yield _tried(
            "runtime",
            lambda: _runtime(settings),
            "install it, or set CODEGEN_AGENT_RUNTIME to another",
        )
    for name, look, mend in (
        ("runner image", image_found, "run `codegen-agent sandbox build`"),
        ("versions", _versions, "run `codegen-agent sandbox build`"),
        ("hardening", lambda: _hardening(settings), "use an engine that gives all of these"),
        ("variables", lambda: _variables(settings), "see what the engine says"),
    ):
        without = Line(name, False, "not looked at: there is no engine", engine.mend)
        yield _tried(name, look, mend) if engine.ok else without
    yield _key(settings)
    yield _tried("model", lambda: _model(settings), "set a key, or run `codegen-agent model fetch`")
    yield _model_cache(settings)


def _tried(name: str, look: Callable[[], str], mend: str) -> Line:
    try:
        return Line(name, True, look())
    except (AgentError, SandboxError, OSError) as error:
        return Line(name, False, str(error), mend)


def _python() -> str:
    found = "{}.{}.{}".format(*sys.version_info)
    if not (3, 11) <= sys.version_info < (3, 14):
        raise AgentError(f"Python {found} is not supported")
    return found


def _state(settings: Settings) -> str:
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = settings.state_dir / f".probe-{os.getpid()}"
    probe.touch()
    probe.unlink()
    return str(settings.state_dir)


def _engine() -> str:
    client = connect()
    try:
        facts = engine_facts(client)
    finally:
        client.close()
    runtimes = ", ".join(facts.runtimes)
    return (
        f"{facts.version} on {facts.os}/{facts.arch}, cgroup v{facts.cgroup_version},"
        f" {facts.ncpu} cores, {facts.memory_bytes >> 30} GiB, runtimes {runtimes}"
    )


def _runtime(settings: Settings) -> str:
    client = connect()
    try:
        runtime = usable_runtime(engine_facts(client), policy_from(settings))
    finally:
        client.close()
    return f"{runtime.name}, which is gVisor" if runtime.is_gvisor else str(runtime.name)


def image_found() -> str:
    """Name the runner image if it is there."""
    with DockerSandbox() as sandbox:
        sandbox.check()
    return image_tag()


def _versions() -> str:
    """Compare the libraries on both sides: a pickle may not load across versions."""
    client = connect()
    try:
        differing = Comparison(image_packages(client, image_tag())).differences()
    finally:
        client.close()
    if differing:
        raise AgentError("; ".join(map(str, differing)))
    return "libraries agree with the image"


def _hardening(settings: Settings) -> str:
    with DockerSandbox(policy_from(settings)) as sandbox:
        run = sandbox.run(PROBE, returns=["proof"])
    proof = run.variables.get("proof")
    if not isinstance(proof, dict):
        raise AgentError(f"the probe did not run: {run.outcome} {run.detail}")
    missing = [name for name, holds in proof.items() if holds is not True]
    if missing:
        raise AgentError(f"not given: {', '.join(missing)}")
    return f"proven by a run: {', '.join(proof)}"


def _variables(settings: Settings) -> str:
    """Hand one over from where runs keep theirs, and say which way it went."""
    store = VariableStore(settings.state_dir / "variables")
    with DockerSandbox(policy_from(settings), store=store) as sandbox:
        run = sandbox.run("assert n == 1", {"n": 1})
        shared = sandbox.shares_files
    if not run.ok:
        raise AgentError(f"the probe did not run: {run.outcome} {run.detail}")
    if shared:
        return "mapped from a folder that the engine sees"
    return "copied through the engine's API: it does not see this machine's files"


def _key(settings: Settings) -> Line:
    if settings.gemini_api_key is None:
        return Line(
            "key", False, "no Gemini key", "set GEMINI_API_KEY_FOR_CODEGEN_AGENT", required=False
        )
    return Line("key", True, "a Gemini key is set")


def _model(settings: Settings) -> str:
    client = create_client(
        settings.model,
        api_key=settings.gemini_api_key,
        timeout_s=settings.model_timeout_s,
        cache_dir=settings.cache_dir,
        model_path=settings.local_model_path,
    )
    profile = profile_of(client)
    return f"{profile.provider} {profile.name} (set up, not called)"


def _model_cache(settings: Settings) -> Line:
    name = "model cache"
    if not settings.model_cache:
        return Line(name, True, "off", required=False)
    cache = AnswerCache(settings.answers_dir)
    try:
        answers, size_bytes = cache.size()
    except OSError as error:
        mend = f"remove {str(cache.folder)!r}, or set CODEGEN_AGENT_CACHE to a folder of your own"
        return Line(name, False, str(error.strerror), mend, required=False)
    return Line(name, True, f"{answers} answers, {size_bytes / 1e6:.1f} MB in {cache.folder}")


def _show(lines: list[Line]) -> None:
    # Folded, not cut: a mend is there to be copied.
    table = Table(*(Column(one, overflow="fold") for one in ("", "what", "found", "mend")))
    for line in lines:
        mark = "[green]ok[/green]" if line.ok else "[red]no[/red]" if line.required else "–"
        mend = "" if line.ok else line.mend
        table.add_row(mark, line.name, Text(visible(line.found)), Text(mend))
    Console().print(table)
