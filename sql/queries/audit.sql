-- name: get_lock
-- Wait until no other process projects this chain, and let none begin until the transaction ends.
select pg_advisory_xact_lock(hashtext('erc8004_projection'), hashtext(%(chain)s));

-- name: get_projected
-- Return up to which block a chain is projected, and the hash of that block if it is known.
select c.projected_block, c.from_block, b.block_hash
from erc8004_chain_cursors as c
left join erc8004_chain_blocks as b
  on b.chain = c.chain
  and b.block_number = c.projected_block
where c.chain = %(chain)s;

-- name: count_agents
-- Count the agents of a registry that were read from the chain, and return the id after the highest.
select
  count(*) as agents,
  coalesce(max(a.agent_id) + 1, 0)::text as next_id
from erc8004_agents as a
where a.chain = %(chain)s
  and a.registry_address = %(registry)s
  and a.source = 'chain';

-- name: list_agents
-- Return the stored data of some agents of a registry, texts as the bytes of the chain; nulls for an agent
-- that is not stored.
select
  wanted.agent_id::text as agent_id,
  a.id as agent_uuid,
  a.owner_address,
  a.agent_wallet,
  coalesce(
    decode(a.unstorable #>> '{token_uri,hex}', 'hex'), convert_to(coalesce(a.token_uri, ''), 'utf8')
  ) as token_uri
from unnest(%(agent_ids)s::numeric[]) as wanted (agent_id)
left join erc8004_agents as a
  on a.chain = %(chain)s
  and a.registry_address = %(registry)s
  and a.agent_id = wanted.agent_id
  and a.source = 'chain'
order by wanted.agent_id
limit 100000;

-- name: list_metadata
-- Return a few random values under their keys of each of some agents.
select m.agent_uuid, m.key, m.value
from unnest(%(agent_uuids)s::uuid[]) as agent (id)
cross join lateral (
  select
    d.agent_uuid,
    coalesce(decode(d.unstorable #>> '{key,hex}', 'hex'), convert_to(d.key, 'utf8')) as key,
    d.value
  from erc8004_agent_metadata as d
  where d.agent_uuid = agent.id
  order by random()
  limit %(keys)s
) as m
order by m.agent_uuid, m.key
limit 1000000;

-- name: list_clients
-- Return the clients of some agents in the order of their first feedback on the chain, each with the
-- index and the tags of its last.
select
  r.agent_uuid,
  r.client_address,
  max(r.feedback_index) as last_index,
  (
    array_agg(
      coalesce(
        decode(r.unstorable #>> '{tag1,hex}', 'hex'), convert_to(coalesce(r.tag1, ''), 'utf8')
      )
      order by r.feedback_index desc
    )
  )[1] as tag1,
  (
    array_agg(
      coalesce(
        decode(r.unstorable #>> '{tag2,hex}', 'hex'), convert_to(coalesce(r.tag2, ''), 'utf8')
      )
      order by r.feedback_index desc
    )
  )[1] as tag2
from erc8004_reputation as r
where r.agent_uuid = any(%(agent_uuids)s::uuid[])
  and r.feedback_index is not null
group by r.agent_uuid, r.client_address
order by r.agent_uuid, min(array[r.block_number, r.log_index]), r.client_address
limit 10000000;

-- name: insert_audit
-- Record an audit, and return when it was.
insert into erc8004_chain_audits (
  chain, block_number, outcome, agents, answers, differences, unanswered, detail
)
values (
  %(chain)s, %(block_number)s, %(outcome)s, %(agents)s, %(answers)s, %(differences)s,
  %(unanswered)s, %(detail)s
)
returning audited_at;

-- name: insert_differences
-- Record the differences between the chain and the stored data.
insert into erc8004_chain_audit_differences (
  chain, audited_at, place, contract, function, agent_id, about, held, answered
)
select
  %(chain)s, %(audited_at)s, d.place, d.contract, d.function, d.agent_id, d.about, d.held,
  d.answered
from unnest(
  %(contracts)s::text[], %(functions)s::text[], %(agent_ids)s::numeric[], %(abouts)s::text[],
  %(helds)s::text[], %(answereds)s::text[]
) with ordinality as d (contract, function, agent_id, about, held, answered, place);
