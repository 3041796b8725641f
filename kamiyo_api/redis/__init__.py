"""Redis or Valkey: connections whose waits are bounded, and scripts."""
