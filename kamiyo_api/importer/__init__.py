"""Bulk imports of agents from registries."""
