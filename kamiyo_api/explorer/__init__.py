"""The explorer: web pages that use the queries, the rules and the cache of the API."""

from __future__ import annotations

from flask import Flask

from kamiyo_api.config import Config
from kamiyo_api.explorer import (
    agent,
    agents,
    assets,
    badge,
    chains,
    comparing,
    decision,
    drawing,
    failures,
    guides,
    home,
    people,
    rule,
    shown,
)
from kamiyo_api.explorer.pages import blueprint
from kamiyo_api.routes import openapi

# Importing these registers their views.
VIEWS = (home, agents, agent, decision, people, comparing, chains, badge, rule, guides)


def init_app(app: Flask, config: Config) -> None:
    """Register the pages. If they are turned off, register only what the documentation needs, and
    redirect / to it."""
    for each in (assets, shown):
        each.init_app(app)
    if not config.explorer:
        app.add_url_rule("/", "openapi.index", openapi.index)
        return
    for each in (drawing, failures):
        each.init_app(app)
    app.register_blueprint(blueprint)
