"""Read the ERC-8004 registries of the chains, and turn their events into agents and feedback."""
