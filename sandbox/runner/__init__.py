"""The program inside the container.

The runner image copies this package under the name ``_codegen_agent_runner``, so that
user code may have a module called ``sandbox``. Hence relative imports only, and nothing
outside the standard library unless the code has imported it already.

Process 1 (:mod:`.supervisor`) owns the stream to the host and survives anything the code
does to its own process (:mod:`.worker`).
"""
