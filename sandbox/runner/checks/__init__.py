"""Runs the user's checks in a process that the code can't reach, and lends them its values."""
