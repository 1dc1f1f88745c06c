"""The code of a run as a program of its own: ``code.py``, with the variables that it needs."""
