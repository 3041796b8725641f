"""Payments of given days, which no request can make."""

from __future__ import annotations


def payments_on(sql, agent_uuid, days, status="verified", usdc="2.50", each=1):
    """Payments to an agent at noon of some days."""
    sql(
        """
        insert into erc8004_agent_payments
          (id, agent_uuid, chain, tx_hash, amount_usdc, status, created_at, verified_at)
        select
          gen_random_uuid(), %s, 'base', '0x' || md5(random()::text) || md5(random()::text),
          %s, %s, at, case %s when 'verified' then at end
        from unnest(%s::date[]) as d (day)
        cross join lateral (select d.day + interval '12 hours') as t (at)
        cross join generate_series(1, %s)
        """,
        *(agent_uuid, usdc, status, status, days, each),
    )
