"""What `make run`, the tests and the bench start; nothing that serves production imports it."""
