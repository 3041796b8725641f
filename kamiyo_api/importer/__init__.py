"""Bulk imports of agents and of what makes trust in them."""
