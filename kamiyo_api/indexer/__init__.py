"""Read the chains: every event of the ERC-8004 registries exactly once into the journal, from
JSON-RPC providers that lie, lag, limit, reorganise and break off; and turn the journal into agents
and feedback."""
