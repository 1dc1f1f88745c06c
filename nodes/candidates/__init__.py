"""Several programs for one request: which agree, and which is chosen."""
