"""Invented agents, feedback and payments, distributed as in the real registries."""
