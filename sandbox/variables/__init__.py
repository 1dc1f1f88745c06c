"""Inward: the user's variables, pickled into a content-addressed store."""
