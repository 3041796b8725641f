-- name: get_projected_mint
-- Return the last token of an identity registry that was minted up to the projected block. The tables
-- may hold more, of an earlier reading.
select a.agent_id
from erc8004_agents as a
where a.chain = %(chain)s
  and a.registry_address = %(registry)s
  and a.source = 'chain'
  and exists (
    select from erc8004_ownership_epochs as e
    where e.agent_uuid = a.id
      and e.from_block <= %(projected)s
  )
order by a.agent_id desc
limit 1;

-- name: get_last_mint
-- Return the last token that was minted in blocks that are not projected yet.
select max(substring(l.topics from 97 for 32)) as token
from erc8004_chain_logs as l
where l.chain = %(chain)s
  and l.block_number between %(from_block)s and %(to_block)s
  and l.address = %(address)s
  and substring(l.topics from 1 for 64) = %(mint)s;

-- name: list_projected_owners
-- Return the owners of tokens at the projected block.
select distinct on (a.registry_address, a.agent_id)
  a.registry_address, a.agent_id, e.owner_address
from unnest(%(registries)s::text[], %(agent_ids)s::numeric[]) as wanted (registry, agent_id)
join erc8004_agents as a
  on a.chain = %(chain)s
  and a.registry_address = wanted.registry
  and a.agent_id = wanted.agent_id
  and a.source = 'chain'
join erc8004_ownership_epochs as e
  on e.agent_uuid = a.id
  and e.from_block <= %(projected)s
order by a.registry_address, a.agent_id, e.from_block desc, e.from_log_index desc
limit 100000;

-- name: list_last_transfers
-- Return the last receivers of tokens in blocks that are not projected yet.
select distinct on (l.address, substring(l.topics from 97 for 32))
  l.address,
  substring(l.topics from 97 for 32) as token,
  substring(l.topics from 77 for 20) as receiver
from erc8004_chain_logs as l
where l.chain = %(chain)s
  and l.block_number between %(from_block)s and %(to_block)s
  and substring(l.topics from 1 for 32) = %(topic)s
  and substring(l.topics from 97 for 32) = any(%(tokens)s::bytea[])
order by
  l.address, substring(l.topics from 97 for 32), l.block_number desc, l.log_index desc
limit 100000;

-- name: list_projected_feedback
-- Return the last feedback of clients for agents up to the projected block.
select a.registry_address, a.agent_id, wanted.client, max(f.feedback_index) as last_index
from unnest(%(registries)s::text[], %(agent_ids)s::numeric[], %(clients)s::text[])
  as wanted (registry, agent_id, client)
join erc8004_agents as a
  on a.chain = %(chain)s
  and a.registry_address = wanted.registry
  and a.agent_id = wanted.agent_id
join erc8004_reputation as f
  on f.agent_uuid = a.id
  and f.client_address = wanted.client
  and f.feedback_index is not null
  and f.source = 'chain'
  and f.block_number <= %(projected)s
group by a.registry_address, a.agent_id, wanted.client
order by a.registry_address, a.agent_id, wanted.client
limit 100000;

-- name: list_last_feedback
-- Return the last feedback of clients for agents in blocks that are not projected yet.
select
  l.address,
  substring(l.topics from 33 for 64) as pair,
  max(substring(l.data from 25 for 8)) as last_index
from erc8004_chain_logs as l
where l.chain = %(chain)s
  and l.block_number between %(from_block)s and %(to_block)s
  and substring(l.topics from 1 for 32) = %(topic)s
  and substring(l.topics from 33 for 64) = any(%(pairs)s::bytea[])
group by l.address, substring(l.topics from 33 for 64)
order by l.address, pair
limit 100000;
