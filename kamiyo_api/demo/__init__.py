"""Made-up agents, feedback and payments, shaped like the real registries are."""
