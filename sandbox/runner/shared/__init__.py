"""What the host and the container both import: the wire format and its limits."""
