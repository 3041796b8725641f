"""Queries of the statistics that a refresh writes."""

from __future__ import annotations

FIGURES = (
    "select * from mv_erc8004_agent_reputation order by agent_uuid",
    "select * from mv_erc8004_agent_payment_stats order by agent_uuid",
    "select * from erc8004_agent_search order by agent_uuid",
)
