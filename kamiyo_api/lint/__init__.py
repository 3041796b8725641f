"""The changes that owners should make to registration files, by what ERC-8004 asks for."""
