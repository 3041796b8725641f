"""Checks of registration files against ERC-8004, and the changes that owners should make."""
