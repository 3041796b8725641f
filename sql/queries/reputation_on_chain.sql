-- name: get_summary
-- Return what getSummary of the reputation registry says of an agent at the projected block: the sum
-- of all values with 18 decimals, divided by their number and cut to whole numbers towards zero, then
-- cut once more to the most frequent decimals, the lowest of equals, and wrapped to 128 bits. Clients
-- count as often as they are listed, tags are compared as bytes, and empty tags are any. No row if
-- there is no such agent.
with matching as (
  select r.value, r.value_decimals
  from unnest(%(clients)s::text[]) as client (address)
  join erc8004_reputation as r
    on r.agent_uuid = %(agent_uuid)s
    and r.client_address = client.address
    and r.feedback_index is not null
  where not r.is_revoked
    and (
      %(tag1)s::bytea = ''
      or %(tag1)s::bytea = coalesce(
        decode(r.unstorable #>> '{tag1,hex}', 'hex'), convert_to(coalesce(r.tag1, ''), 'utf8')
      )
    )
    and (
      %(tag2)s::bytea = ''
      or %(tag2)s::bytea = coalesce(
        decode(r.unstorable #>> '{tag2,hex}', 'hex'), convert_to(coalesce(r.tag2, ''), 'utf8')
      )
    )
),
summed as (
  select
    count(*) as count,
    coalesce(mode() within group (order by m.value_decimals), 0) as value_decimals,
    coalesce(sum(m.value * 10::numeric ^ (18 - m.value_decimals)), 0) as total
  from matching as m
),
averaged as (
  select
    s.count,
    s.value_decimals,
    div(
      div(s.total, greatest(s.count, 1)), 10::numeric ^ (18 - s.value_decimals)
    ) as value
  from summed as s
)
select
  g.id as agent_uuid,
  g.source,
  (select c.projected_block from erc8004_chain_cursors as c where c.chain = g.chain) as as_of_block,
  a.count,
  a.value_decimals,
  (
    mod(
      mod(a.value, 340282366920938463463374607431768211456)
        + 510423550381407695195061911147652317184,
      340282366920938463463374607431768211456
    ) - 170141183460469231731687303715884105728
  )::text as value
from erc8004_agents as g
cross join averaged as a
where g.id = %(agent_uuid)s;
