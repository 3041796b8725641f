-- name: list
-- Return every chain with its registries and its aliases: the names beside those that it has by itself.
select
  c.name,
  c.chain_id,
  'eip155:' || c.chain_id as caip2,
  c.is_testnet,
  c.identity_registry,
  c.reputation_registry,
  c.validation_registry,
  array(
    select n.name
    from erc8004_chain_names as n
    where n.chain = c.name
      and n.name not in (
        erc8004_chain_key(c.name), c.chain_id::text, 'eip155:' || c.chain_id
      )
    order by n.name
    limit 100
  ) as aliases
from erc8004_chains as c
order by c.is_testnet, c.name
limit 10000;

-- name: list_followed
-- Return every chain with its registries and its aliases, and how far it was read; nulls for one that
-- was never read.
select
  c.name,
  c.chain_id,
  'eip155:' || c.chain_id as caip2,
  c.is_testnet,
  c.identity_registry,
  c.reputation_registry,
  c.validation_registry,
  array(
    select n.name
    from erc8004_chain_names as n
    where n.chain = c.name
      and n.name not in (
        erc8004_chain_key(c.name), c.chain_id::text, 'eip155:' || c.chain_id
      )
    order by n.name
    limit 100
  ) as aliases,
  s.chain is not null as is_followed,
  s.finality,
  s.from_block as first_block,
  s.head_block,
  s.read_block,
  s.final_block,
  s.checked_block,
  s.projected_block,
  s.lag_blocks,
  s.lag_seconds,
  s.last_success_at,
  s.projection_lag_seconds,
  s.logs,
  s.gap_count,
  s.gaps,
  s.error_code,
  s.error_detail,
  s.error_at,
  s.audited_at,
  s.audited_block,
  s.audit_outcome,
  s.audit_agents,
  s.audit_answers,
  s.audit_differences,
  s.audit_unanswered
from erc8004_chains as c
left join v_erc8004_chain_status as s on s.chain = c.name
order by c.is_testnet, c.name
limit 10000;

-- name: list_status
-- Return how far each chain was read that was ever read, with its newest audit that was answered.
select
  s.chain,
  s.head_block,
  s.read_block,
  s.final_block,
  s.checked_block,
  s.projected_block,
  s.lag_blocks,
  s.lag_seconds,
  s.unprojected_blocks,
  s.projection_lag_seconds,
  s.logs,
  s.gap_count,
  s.error_code,
  s.error_detail,
  s.audited_block,
  s.audit_outcome,
  s.audit_age_seconds,
  s.differences
from v_erc8004_chain_status as s
order by s.chain
limit 10000;

-- name: list_counts
-- Return the counts of events during the reading of some chains.
select n.chain, n.kind, n.label, n.total
from unnest(%(chains)s::text[]) as c (chain)
cross join lateral (
  select m.chain, m.kind, m.label, m.total
  from erc8004_chain_counts as m
  where m.chain = c.chain
  order by m.kind, m.label
  limit 500
) as n
order by n.chain, n.kind, n.label
limit 10000;
