"""The labels of our images: what an image is and holds, without starting it."""

from __future__ import annotations

ROLE_LABEL = "org.codegen-agent"
PYTHON_LABEL = "org.codegen-agent.python"
PACKAGES_LABEL = "org.codegen-agent.packages"
"""JSON, name to version of every library."""
BASE_LABEL = "org.codegen-agent.base"
RUNNER_LABEL = "org.codegen-agent.runner"
"""On an image with further packages: the runner image below it."""
