"""Redis or Valkey: a client with short timeouts, and its connections."""
