"""Health checks, and the metrics page."""
