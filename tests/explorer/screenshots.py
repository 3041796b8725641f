"""`make screenshots`: write a picture of every page with the demo data to docs/screenshots/."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from playwright.sync_api import sync_playwright

from bench.serving import serving
from kamiyo_api import create_app
from kamiyo_api.db import schema
from kamiyo_api.dev.databases import embedded_servers
from kamiyo_api.dev.server import DEMO_DATA
from tests.explorer.conftest import FLAGS
from tests.support import ROOT

FOLDER = ROOT / "docs" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
SIZE, PHONE = {"width": 1200, "height": 780}, {"width": 360, "height": 740}
# The agents with the most evidence, and one of their reviewers.
BEST = """
    select s.agent_uuid::text, s.owner_address, c.client_address
    from erc8004_agent_search as s
    join erc8004_client_counts as c on c.agent_uuid = s.agent_uuid and c.net_usdc > 0
    where s.score is not null
    order by s.paying_reviewers desc, s.agent_uuid, c.net_usdc desc, c.client_address
"""


@contextmanager
def demonstrated() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Run a service with the demo data; yield its URL and its best agents."""
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-pages-") as folder,
        embedded_servers(Path(folder), throwaway=True) as servers,
    ):
        os.environ |= {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
        with create_app().app_context():
            schema.migrate()
        for command in (DEMO_DATA.split(), ["refresh-stats"]):
            subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", *command], check=True)
        connection = psycopg2.connect(servers.database_url)
        with connection.cursor() as cursor:
            cursor.execute(BEST)
            best = cursor.fetchall()
        connection.close()
        with serving() as server:
            yield server.url, best


def pages(best: list[tuple[str, str, str]]) -> dict[str, str]:
    """Return the path of each page by the name of its picture."""
    agent_uuid, owner, reviewer = best[0]
    others = list(dict.fromkeys(each[0] for each in best))[:3]
    return {
        "home": "/",
        "agents": "/agents?sort=-reputation_score&min_paying_reviewers=1",
        "agent": f"/agents/{agent_uuid}",
        "compare": "/compare?" + "&".join(f"agent={each}" for each in others),
        "decide": f"/decide?whom={agent_uuid}&amount_usdc=5",
        "owner": f"/owners/{owner}",
        "reviewer": f"/reviewers/{reviewer}",
        "chains": "/chains",
        "trust": "/trust",
        "guides": "/guides/",
        "docs": "/docs",
    }


def main() -> None:
    """Take all pictures; of the agent also one in dark mode and one on a phone."""
    FOLDER.mkdir(exist_ok=True)
    with demonstrated() as (url, best), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        shown = pages(best)
        views = [(name, path, SIZE, "light") for name, path in shown.items()]
        views += [("agent-dark", shown["agent"], SIZE, "dark")]
        views += [("agent-phone", shown["agent"], PHONE, "light")]
        for name, path, size, scheme in views:
            page = browser.new_page(viewport=size, color_scheme=scheme)
            page.goto(url + path)
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
