"""Demo data: generated agents, feedback and payments, distributed as in the real registries."""
