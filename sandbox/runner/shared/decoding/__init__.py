"""Decoders for each kind of value on the host, one module per library.

They all read hostile input: names in a payload only select from fixed tables, sizes are
checked before memory is allocated, and only libraries named in this code are imported.
"""
