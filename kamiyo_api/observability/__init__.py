"""Reports of the service about itself: log lines, metrics, defects."""
