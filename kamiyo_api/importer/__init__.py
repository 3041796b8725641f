"""Bulk imports of agents, feedback, payments, validations and metadata."""
