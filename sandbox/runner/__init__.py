"""The program inside the container.

The runner image copies this package under the name ``_codegen_agent_runner``,
so that it can share a process with any user's module called ``sandbox``; hence
relative imports only, and nothing from outside the standard library unless the
code at hand has imported it already.

Process 1 (:mod:`.supervisor`) owns the stream to the host and outlives whatever
the code does to its own process (:mod:`.worker`).
"""
