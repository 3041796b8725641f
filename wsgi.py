"""The WSGI application, for gunicorn and `flask`."""

from kamiyo_api import create_app

app = create_app()
