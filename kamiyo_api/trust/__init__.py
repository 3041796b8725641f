"""The statistics and the trust level of agents."""
