"""What the service reports about itself: log lines, metrics, defects."""
