-- name: list_proofs
-- Return what is proved of agents: whether the file that the URI of each names also names it, and whether
-- its domain does.
select
  a.id as agent_uuid,
  erc8004_is_verified(
    case when r.status = 'failed' then 'not_resolved' else r.reference end, r.is_checked
  ) as verified,
  d.domain,
  d.status <> 'failed' and d.reference = 'verified' as is_domain_proved
from unnest(%(agents)s::uuid[]) as listed (agent_uuid)
join erc8004_agents as a on a.id = listed.agent_uuid
left join erc8004_file_fetches as r on r.agent_uuid = a.id and r.kind = 'registration'
left join erc8004_file_fetches as d on d.agent_uuid = a.id and d.kind = 'domain'
order by a.id
limit %(limit)s;

-- name: list_examples
-- Return the scores of invented agents: each has some reviewers who left at least the public stake and some
-- who left nothing, all of them established.
select
  s.score,
  s.low as score_low,
  s.high as score_high
from unnest(
  %(paying)s::numeric[], %(paid_voices)s::numeric[],
  %(unpaid)s::numeric[], %(unpaid_voices)s::numeric[]
) with ordinality as e (paying, paid_voice, unpaid, unpaid_voice, place)
cross join lateral erc8004_trust_summary(
  erc8004_public_stake(),
  e.paying + e.unpaid,
  100 * (e.paying * e.paid_voice + e.unpaid * e.unpaid_voice),
  e.paying * erc8004_public_stake(),
  100 * e.paying * e.paid_voice * erc8004_public_stake(),
  0, 0, 0, 0
) as s
order by e.place
limit %(limit)s;
