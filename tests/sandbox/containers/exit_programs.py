"""Programs that end in every way a program can, with a sandbox that nobody closed.

Each prints ``last`` as its last statement, and ``pid N`` for a process it forked.
"""

from __future__ import annotations

SANDBOX = """
import gc, os, sys, threading, time
from sandbox import DockerSandbox, SandboxPolicy
PATIENT = SandboxPolicy(timeout_s=300, start_timeout_s=300)
LONG = "print('up')\\nimport time\\ntime.sleep(250)"
def make(warm=1):
    return DockerSandbox(PATIENT, warm=warm)
def used():
    sandbox = make()
    assert sandbox.run("1 + 1").display == 2
    return sandbox
def last(*_):
    print("last", flush=True)
"""
AGENT = (
    SANDBOX
    + """
from graph_agent import AgentWorkflow, CodeGenerationRequest, build_graph
from tests.scripted_model import ScriptedModel, fenced, verdict
def agent(code="x = 1"):
    client = ScriptedModel(codes=[fenced(code)], verdicts=[verdict(True)])
    return client, CodeGenerationRequest(request_text="Count.")
"""
)
SLOW = (
    AGENT
    + """
import asyncio
class Slow(ScriptedModel):
    def _generate(self, *args, **options):
        asked.set()
        time.sleep(250)
asked = threading.Event()
request = CodeGenerationRequest(request_text="Count.")
workflow = AgentWorkflow(request, Slow())
graph = build_graph(client=Slow())
"""
)
"""A model that takes longer than anyone waits."""
# Python notices no signal that comes between a sleep's call and its start, so it comes a bit later.
PRESS = "import signal\ndef press():\n    asked.wait()\n    time.sleep(0.5)\n    last()\n"

PROGRAMS = {
    "module": SANDBOX + "sandbox = used()\nlast()",
    "function": SANDBOX + "def go():\n    sandbox = used()\n    last()\ngo()",
    "closed": SANDBOX + "with make() as sandbox:\n    sandbox.prepare()\n    last()",
    "closed after a run": SANDBOX
    + "with make(0) as sandbox:\n    assert sandbox.run('1').display == 1\ngc.collect()\nlast()",
    "starting": SANDBOX + "sandbox = make()\nsandbox.prepare()\nlast()",
    "starting a little": SANDBOX + "s = make()\ns.prepare()\ntime.sleep(0.3)\nlast()",
    "exception": SANDBOX + "sandbox = used()\nlast()\nraise RuntimeError('a bug')",
    "sys.exit": SANDBOX + "sandbox = used()\nlast()\nsys.exit(3)",
    "cycle": SANDBOX
    + "gc.set_threshold(1)\nsandbox = make()\nsandbox.me = sandbox\nsandbox.prepare()\n"
    + "del sandbox\ntime.sleep(0.5)\nlast()",
    "thread": SANDBOX
    + "def go():\n    sandbox = used()\n    last()\nthreading.Thread(target=go).start()",
    "sys.exit in a thread": SANDBOX
    + "def go():\n    sandbox = used()\n    last()\n    sys.exit(3)\n"
    + "threading.Thread(target=go).start()",
    "run in a daemon thread": SANDBOX
    + "up = threading.Event()\nsandbox = make()\nrun = lambda: sandbox.run(\n"
    + "    LONG, on_output=lambda *_: up.set())\n"
    + "threading.Thread(target=run, daemon=True).start()\nup.wait()\nlast()",
    "fork": SANDBOX
    + "sandbox = used()\nif child := os.fork():\n    print('pid', child, flush=True)\n"
    + "    os.waitpid(child, 0)\nelse:\n    assert sandbox.run('1').display == 1\nlast()",
    "graph in a function": AGENT
    + "def go():\n    client, request = agent()\n    graph = build_graph(client=client)\n"
    + "    config = {'configurable': {'thread_id': 't'}}\n"
    + "    assert graph.invoke(request.to_input(), config)['success']\n    last()\ngo()",
    "graph's stream half read": AGENT
    + "client, request = agent()\ngraph = build_graph(client=client)\n"
    + "chunks = graph.stream(request.to_input())\nnext(chunks)\nlast()",
    "stream half read": AGENT
    + "events = AgentWorkflow(*reversed(agent(LONG))).stream()\n"
    + "while 'Printed' not in type(next(events)).__name__:\n    pass\nlast()",
    "stream half read in a function": AGENT
    + "def go():\n    events = AgentWorkflow(*reversed(agent(LONG))).stream()\n"
    + "    while 'Printed' not in type(next(events)).__name__:\n        pass\n    last()\ngo()",
    "astream left while the model answers": SLOW
    + "async def go():\n    async for event in workflow.astream():\n"
    + "        await asyncio.to_thread(asked.wait)\n        break\n    last()\nasyncio.run(go())",
    "run cancelled while the model answers": SLOW
    + "async def go():\n    task = asyncio.create_task(workflow.run())\n"
    + "    await asyncio.to_thread(asked.wait)\n    last()\n    task.cancel()\n"
    + "    await asyncio.gather(task, return_exceptions=True)\nasyncio.run(go())",
    "graph's task cancelled while the model answers": SLOW
    + "async def go():\n    task = asyncio.create_task(graph.ainvoke(request.to_input()))\n"
    + "    await asyncio.to_thread(asked.wait)\n    last()\n    task.cancel()\n"
    + "    await asyncio.gather(task, return_exceptions=True)\nasyncio.run(go())",
    "stream in a daemon thread while the model answers": SLOW
    + "threading.Thread(target=lambda: list(workflow.stream()), daemon=True).start()\n"
    + "asked.wait()\nlast()",
    "Ctrl-C while the model answers": SLOW
    + PRESS
    + "    os.kill(os.getpid(), signal.SIGINT)\n"
    + "threading.Thread(target=press).start()\n"
    + "try:\n    workflow.run_sync()\nexcept KeyboardInterrupt:\n    pass",
    "Ctrl-C in a graph while the model answers": SLOW
    + PRESS
    + "    os.kill(os.getpid(), signal.SIGINT)\n"
    + "threading.Thread(target=press).start()\n"
    + "try:\n    graph.invoke(request.to_input())\nexcept KeyboardInterrupt:\n    pass",
}
