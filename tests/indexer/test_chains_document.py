"""docs/chains.md names every reason for a stop and every option."""

from __future__ import annotations

import importlib
import pkgutil

import kamiyo_api.indexer
from kamiyo_api.cli.chains import index_chain
from kamiyo_api.indexer.failures import Stop
from tests.support import ROOT

DOCUMENT = (ROOT / "docs" / "chains.md").read_text()


def stops(base=Stop):
    """All classes of stops."""
    for module in pkgutil.iter_modules(kamiyo_api.indexer.__path__):
        importlib.import_module(f"kamiyo_api.indexer.{module.name}")
    return [each for cls in base.__subclasses__() for each in (cls, *stops(cls))]


def test_every_reason_for_a_stop_is_documented():
    codes = {stop.code for stop in stops()}
    rows = {line.split("`")[1] for line in DOCUMENT.splitlines() if line.startswith("| `")}
    assert len(codes) == len(stops()) > 15
    assert codes <= rows


def test_every_option_is_documented():
    options = {name for option in index_chain.params for name in option.opts if "--" in name}
    assert len(options) == 7
    assert all(f"`{name}" in DOCUMENT for name in options)
