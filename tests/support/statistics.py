"""Queries of the statistics that a refresh writes."""

from __future__ import annotations

FIGURES = (
    "select * from mv_erc8004_agent_reputation order by agent_uuid",
    "select * from mv_erc8004_agent_payment_stats order by agent_uuid",
    "select * from erc8004_agent_search order by agent_uuid",
    "select * from erc8004_feedback_counts order by agent_uuid",
    "select * from erc8004_evidence where reviewers > 0 order by agent_uuid, is_established",
    """
    select * from erc8004_client_counts
    where total_feedback <> 0 or revoked_feedback <> 0 or paid_usdc <> 0
    order by agent_uuid, client_address
    """,
    """
    select * from erc8004_reviewers where first_seen_at is not null order by client_address
    """,
    """
    select * from erc8004_rated_parties where agents <> 0 order by client_address, party_address
    """,
    """
    select * from erc8004_money_flows where paid_usdc <> 0 order by payer_address, payee_address
    """,
)
