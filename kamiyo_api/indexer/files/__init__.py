"""Fetch the registration files to which agents' URIs lead, and check what they say."""
