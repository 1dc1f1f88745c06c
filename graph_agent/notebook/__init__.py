"""The magics of notebooks: ask, look at what would change in the data, accept it or undo it."""
