"""The yardstick: a bare Flask route that returns constant JSON, one for each body measured."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response

app = Flask(__name__)


def answering(body: bytes) -> Callable[[], Response]:
    """A view that answers a constant body as JSON."""
    return lambda: Response(body, mimetype="application/json")


for path in Path(os.environ["BARE_BODIES"]).iterdir():
    app.add_url_rule(f"/{path.name}", path.name, answering(path.read_bytes()))
