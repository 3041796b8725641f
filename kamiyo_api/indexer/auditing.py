"""Audit each followed chain every AUDIT_HOURS."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence

from flask import Flask

from kamiyo_api import db
from kamiyo_api.context import services
from kamiyo_api.indexer.audit import PATIENCE, audit, lines_of
from kamiyo_api.indexer.chains import providers_of
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.providers import Patience

log = logging.getLogger(__name__)

AGENTS = 100
# How often it is looked which chains are due; one whose provider did not answer is due again then.
LOOK_SECONDS = 1800.0


def keep_auditing(app: Flask, chains: Sequence[str], ended: threading.Event) -> None:
    """Audit chains when they are due, until the event is set."""
    while not ended.wait(LOOK_SECONDS):
        with app.app_context():
            audit_due(chains)


def audit_due(chains: Iterable[str], patience: Patience = PATIENCE) -> None:
    """Audit those of some chains that are due; what fails is logged, without effect on others."""
    for chain in due(chains):
        try:
            result = audit(chain, providers_of(chain, patience), AGENTS)
            log.info("%s", "; ".join(lines_of(chain, result)))
        except Stop as stop:
            log.warning("Audit of %s: %s", chain, stop)
        except Exception:
            log.exception("Audit of %s failed", chain)


def due(chains: Iterable[str]) -> list[str]:
    """Return the chains whose last answered audit is AUDIT_HOURS old; none if that is 0."""
    seconds = services().config.audit_hours * 3600
    if not seconds:
        return []
    ages = {row["chain"]: row["audit_age_seconds"] for row in db.rows("chains.list_status")}
    return [
        chain
        for chain in chains
        if chain in ages and (ages[chain] is None or ages[chain] >= seconds)
    ]
