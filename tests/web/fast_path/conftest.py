"""Reading what the entrance may know."""

from __future__ import annotations

import io
import logging

import pytest
from flask import request, request_started

from kamiyo_api.observability.request_log import JsonFormatter
from tests.support.cached_reads import AGENTS


@pytest.fixture
def agent(make_agent):
    """The uuid of the last of three agents, of which a page of two leads on to a next one."""
    return [make_agent()["agent_uuid"] for _ in range(3)][-1]


@pytest.fixture
def routed(app):
    """The paths that Flask was asked for."""
    paths = []

    def note(sender, **_):
        paths.append(request.path)

    with request_started.connected_to(note, app):
        yield paths


@pytest.fixture
def read(app, client, admin):
    """Read a path below /api/v1/agents/."""
    return lambda path, headers=admin, method="GET": client.open(
        AGENTS + path, method=method, headers=headers
    )


@pytest.fixture
def known(read, agent):
    """Have an answer sent often enough that the entrance knows it; the last one."""

    def send(path):
        return [read(path.format(agent)) for _ in range(3)][-1]

    return send


@pytest.fixture
def logged():
    """What is logged, as on a server."""
    log, written = logging.getLogger("kamiyo_api"), io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield written
    log.removeHandler(handler)
    log.setLevel(level)


def in_new_context(app, context):
    """Let a context of Flask find no application context to reuse, as in Flask 3.2, where that of
    the application and that of the request are one."""
    own, push, pop = app.app_context(), context.push, context.pop
    context.push = lambda: (own.push(), push())
    context.pop = lambda *error: (pop(*error), own.pop(*error))
    return context


@pytest.fixture(params=["reused", "new"])
def app(app, request, monkeypatch):
    """The application, by whatever rule Flask makes its contexts."""
    if request.param == "new":
        of = app.request_context
        monkeypatch.setattr(
            app, "request_context", lambda environ: in_new_context(app, of(environ))
        )
    return app
