"""Proves the sandbox's guarantees with real containers, and attacks it to see them hold."""
