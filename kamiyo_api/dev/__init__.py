"""Servers for `make run`, the tests and the bench; nothing that serves production imports them."""
