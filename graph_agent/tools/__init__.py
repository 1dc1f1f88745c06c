"""The sandbox and the agent as tools of other agents."""
