-- name: get_samples
-- Return things that exist, for the examples of the documentation: the newest response with its feedback and
-- agent, and one each of the other resources, of the first hundred. What there is none of is null.
select
  coalesce(f.agent_uuid, t.agent_uuid) as agent_uuid,
  coalesce(a.owner_address, t.owner_address) as owner_address,
  f.id as feedback_id,
  f.client_address,
  p.response_id,
  t.chain,
  t.agent_id,
  t.registry_address,
  y.payment_id,
  v.validation_id,
  m.agent_uuid as metadata_agent_uuid,
  m.key as metadata_key,
  o.agent_uuid as chain_agent_uuid,
  h.agent_uuid as described_agent_uuid
from (select) as always
left join lateral (
  select r.id as response_id, r.feedback_id
  from erc8004_feedback_responses as r
  order by r.id desc
  limit 1
) as p on true
left join erc8004_reputation as f on f.id = p.feedback_id
left join erc8004_agents as a on a.id = f.agent_uuid
left join lateral (
  select g.id as agent_uuid, g.owner_address, g.chain, g.agent_id::text as agent_id, g.registry_address
  from (
    select id, owner_address, chain, agent_id, registry_address
    from erc8004_agents
    order by chain, registry_address, agent_id
    limit 100
  ) as g
  where g.agent_id < 2::numeric ^ 256
  order by g.chain, g.registry_address, g.agent_id
  limit 1
) as t on true
left join lateral (
  select id as payment_id
  from erc8004_agent_payments
  order by id desc
  limit 1
) as y on true
left join lateral (
  select id as validation_id
  from erc8004_validations
  order by id desc
  limit 1
) as v on true
left join lateral (
  select d.agent_uuid, d.key
  from (
    select agent_uuid, key
    from erc8004_agent_metadata
    order by agent_uuid, key
    limit 100
  ) as d
  where d.key not in ('', 'agentWallet')
  order by d.agent_uuid, d.key
  limit 1
) as m on true
left join lateral (
  select agent_uuid
  from erc8004_ownership_epochs
  order by agent_uuid desc, from_block desc, from_log_index desc
  limit 1
) as o on true
left join lateral (
  select b.agent_uuid
  from (
    select id as agent_uuid, registration_file is not null as has_file
    from erc8004_agents
    order by id desc
    limit 100
  ) as b
  where b.has_file
  order by b.agent_uuid desc
  limit 1
) as h on true;
