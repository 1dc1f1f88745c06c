"""Entry point of the container: ``python -P -m _codegen_agent_runner``."""

from . import garbage

garbage.pause()  # the worker resumes when the code begins

from .supervisor import main  # noqa: E402  # its imports are among what is loaded meanwhile

if __name__ == "__main__":
    raise SystemExit(main())
