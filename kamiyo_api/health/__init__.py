"""How the service is: health checks, and the page of metrics."""
