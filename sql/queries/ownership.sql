-- name: list_by_agent
-- Return the owners of an agent, the newest first, from the row after the cursor; one row without an
-- epoch if there are none, no row if there is no such agent.
select
  a.source,
  (select c.projected_block from erc8004_chain_cursors as c where c.chain = a.chain) as as_of_block,
  e.owner_address,
  e.tx_hash,
  e.from_block,
  e.from_log_index,
  e.from_time,
  e.to_block,
  e.to_log_index,
  e.to_time
from erc8004_agents as a
left join lateral (
  select
    o.owner_address, o.tx_hash, o.from_block, o.from_log_index, o.from_time,
    o.to_block, o.to_log_index, o.to_time
  from erc8004_ownership_epochs as o
  where o.agent_uuid = a.id
    and (
      %(before_block)s::bigint is null
      or (o.from_block, o.from_log_index) < (%(before_block)s::bigint, %(before_index)s::bigint)
    )
  order by o.from_block desc, o.from_log_index desc
  limit %(limit)s
) as e on true
where a.id = %(agent_uuid)s
order by e.from_block desc, e.from_log_index desc;
