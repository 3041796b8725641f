-- name: list_candidates
-- Return the agents that may be meant by the addresses and URLs of decisions, each with the place of its
-- decision, and which of its claims are proved; up to ten of each decision as rows of a search.
with asked as materialized (
  select i.place, i.wallet, i.chain, i.url, i.host
  from jsonb_to_recordset(%(items)s::jsonb) as i (
    place integer, wallet text, chain text, url text, host text
  )
),
payees as materialized (
  select
    a.place,
    a.wallet,
    a.host,
    p.agent_uuid,
    p.proved,
    p.names_url,
    row_number() over (
      partition by a.place
      order by cardinality(p.proved) desc, p.names_url desc, p.agent_uuid
    ) as number
  from asked as a
  cross join lateral erc8004_payees(a.wallet, a.chain, a.url, a.host) as p
)
select p.place, p.agent_uuid::text as agent_uuid, p.proved, p.names_url, f.agent
from payees as p
left join lateral erc8004_found_agents(
  case when p.number <= 10 then array[p.agent_uuid] else '{}' end, p.wallet, p.host
) as f on true
order by p.place, p.number
limit 5100;

-- name: list_inputs
-- Return the evidence of the agents of up to a hundred decisions, each with the place of its decision,
-- at the stake of its amount and with the caller's reviewers; agents that do not exist are left out.
select d.place, d.inputs::text as inputs
from erc8004_decision_inputs(
  (
    select jsonb_agg(
      jsonb_build_object(
        'place', i.place,
        'agent_uuid', coalesce(
          i.agent_uuid,
          (
            select a.id
            from erc8004_agents as a
            where a.chain = i.chain
              and a.registry_address = i.registry_address
              and a.agent_id = i.agent_id
          )
        ),
        'stake_places', array[erc8004_stake_place(i.amount_usdc)],
        'trusted', i.trusted,
        'trusted_only', i.trusted_only
      )
    )
    from jsonb_to_recordset(%(items)s::jsonb) as i (
      place integer,
      agent_uuid uuid,
      chain text,
      registry_address text,
      agent_id numeric,
      amount_usdc numeric,
      trusted text[],
      trusted_only boolean
    )
  )
) as d
order by d.place
limit 100;

-- name: get_inputs
-- Return the evidence of one agent at every stake as of now, as the JSON of which its decisions are made,
-- and the number of the refresh that counted it.
select erc8004_stats_refresh_number() as refresh, d.inputs::text as body
from erc8004_decision_inputs(
  jsonb_build_array(
    jsonb_build_object(
      'place', 1,
      'agent_uuid', %(agent_uuid)s::uuid,
      'stake_places', array(
        select s.place from generate_subscripts(erc8004_stakes(), 1) as s (place)
      ),
      'trusted', array[]::text[],
      'trusted_only', false
    )
  )
) as d;
