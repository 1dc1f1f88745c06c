"""Many requests at once: reading them, running them side by side, keeping their results."""
