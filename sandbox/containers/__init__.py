"""The life of a container: created, hardened, prepared ahead, used once, removed."""
