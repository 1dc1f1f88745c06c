"""Recording an execution in the state."""
