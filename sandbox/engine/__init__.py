"""The container engine: how to find it, reach it, and what it can do."""
