"""The searches that this process knows to match more agents than are counted."""

from __future__ import annotations

import time
from typing import Any

from kamiyo_api.context import services
from kamiyo_api.schemas.search import FILTERS

MAX_KNOWN_MANY = 1_000
# How long a search is taken to match many agents, after they were counted.
KNOWN_SECONDS = 10
# The parameters by which agents match, whatever the order and the page.
COUNTED_BY = (*FILTERS, "status", "claimed", "active", "testnet")


def with_known_total(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a search with how many agents match, if no page before has counted
    them, but more than are counted matched a moment ago."""
    until = services().known_many.get(filters_of(parameters), 0)
    if parameters["total"] is not None or until < time.monotonic():
        return parameters
    return parameters | {"total": parameters["counted_up_to"] + 1}


def remember_total(parameters: dict[str, Any], total: int) -> None:
    """Remember that more agents match than are counted, if they do."""
    if total > parameters["counted_up_to"]:
        services().known_many.put(filters_of(parameters), time.monotonic() + KNOWN_SECONDS)


def filters_of(parameters: dict[str, Any]) -> str:
    """Return the filters of a search, up to how many matches are counted, and in what: a database
    after a refresh."""
    database = services().cache_state.current_database()
    counted_in = (database.prefix, database.refresh, parameters["counted_up_to"])
    return repr([*counted_in, *(parameters[name] for name in COUNTED_BY)])
