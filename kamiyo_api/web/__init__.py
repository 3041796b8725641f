"""HTTP around the views: headers, the fast path, arguments, JSON, idempotency, OpenAPI."""
