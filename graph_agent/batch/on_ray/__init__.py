"""A batch on the machines of a Ray cluster: Ray places the runs, each node has its own engine."""
