"""`python -m bench.building AGENTS KEY_FILE`: the data of one size, in an empty database."""

from __future__ import annotations

import sys
from pathlib import Path

from kamiyo_api import create_app
from kamiyo_api.access import keys
from kamiyo_api.db import schema
from kamiyo_api.demo import load as demo
from kamiyo_api.demo.population import Size
from kamiyo_api.trust.refresh import refresh_stats

FEEDBACK_AN_AGENT = 10
PAYMENTS_AN_AGENT = 2
SEED = 8004
SCOPES = ("read", "write", "payments", "admin")


def build(agents: int) -> str:
    """Migrate, load, refresh; the secret of a key that may do everything."""
    with create_app().app_context():
        schema.migrate()
        size = Size(agents, FEEDBACK_AN_AGENT * agents, PAYMENTS_AN_AGENT * agents, SEED)
        demo.load(size)
        refresh_stats()
        return keys.create("bench", "enterprise", SCOPES, None, None)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(build(int(sys.argv[1])))
