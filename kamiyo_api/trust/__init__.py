"""What the history of an agent amounts to."""
