"""How gunicorn runs the workers."""

from __future__ import annotations

import pytest

from bench.serving import serving

pytestmark = pytest.mark.slow

BORN_WITH = 100_000
APPLICATION = f"""
import gc, json

born_with = [[] for _ in range({BORN_WITH})]

def application(environ, start):
    is_looked_through = any(each is born_with for each in gc.get_objects())
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([gc.get_freeze_count(), gc.isenabled(), is_looked_through]).encode()]
"""


def test_worker_looks_for_garbage_but_not_in_what_it_was_born_with(tmp_path):
    (tmp_path / "born.py").write_text(APPLICATION)
    with serving("born:application", PYTHONPATH=str(tmp_path)) as web:
        frozen, is_enabled, is_looked_through = web.request("GET", "/").json()
    assert frozen > BORN_WITH
    assert (is_enabled, is_looked_through) == (True, False)
