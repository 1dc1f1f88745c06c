"""How the host rebuilds each kind of value, one module per library.

Everything here reads hostile input: names in a payload select from fixed
tables only, sizes are checked before memory is taken, and nothing is imported
but the libraries named in this code.
"""
