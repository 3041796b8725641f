"""Bulk loads of what registries say."""
