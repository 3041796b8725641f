"""The gunicorn worker: connections, slow clients, and requests that never reach the application."""
