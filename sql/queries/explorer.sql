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

-- name: get_voices
-- Return how many reviewers of an agent say what, in ten steps from 0 to 100: those who left money with it
-- or are trusted, and the others; of the first so many reviewers.
with reviewers as (
  select
    least(c.voice / 1000, 9) as step,
    c.net_usdc > 0 or c.is_trusted as is_paid
  from erc8004_client_counts as c
  where c.agent_uuid = %(agent_uuid)s
    and c.voice is not null
  order by c.client_address
  limit %(most)s
),
steps as (
  select
    s.step,
    count(r.step) filter (where r.is_paid) as paid,
    count(r.step) filter (where not r.is_paid) as unpaid
  from generate_series(0, 9) as s (step)
  left join reviewers as r on r.step = s.step
  group by s.step
)
select
  array_agg(s.paid order by s.step) as paid,
  array_agg(s.unpaid order by s.step) as unpaid,
  sum(s.paid + s.unpaid)::bigint as counted
from steps as s;

-- name: list_reviewers
-- Return the reviewers of an agent: those who left money with it or are trusted, by when they last rated
-- it, then others among the first so many.
select
  l.client_address,
  l.voice / 100.0 as voice,
  l.net_usdc,
  l.returned_usdc,
  l.is_paid,
  l.is_reciprocal,
  l.is_established,
  l.is_trusted,
  l.weight,
  l.last_rating_at
from (
  select
    c.client_address,
    c.voice,
    c.net_usdc,
    c.returned_usdc,
    c.net_usdc > 0 or c.is_trusted as is_paid,
    c.is_reciprocal,
    c.is_established,
    c.is_trusted,
    erc8004_weight(c.net_usdc, c.is_reciprocal, c.is_trusted, erc8004_public_stake())
      / erc8004_public_stake()::float8 as weight,
    c.last_rating_at
  from (
    (
      select
        p.client_address, p.voice, p.net_usdc, p.returned_usdc, p.is_reciprocal, p.is_established,
        p.is_trusted, p.last_rating_at
      from erc8004_client_counts as p
      where p.agent_uuid = %(agent_uuid)s
        and p.voice is not null
        and (p.net_usdc > 0 or p.is_trusted)
      order by p.last_rating_at desc, p.client_address
      limit %(limit)s
    )
    union all
    (
      select
        u.client_address, u.voice, u.net_usdc, u.returned_usdc, u.is_reciprocal, u.is_established,
        u.is_trusted, u.last_rating_at
      from (
        select
          f.client_address, f.voice, f.net_usdc, f.returned_usdc, f.is_reciprocal,
          f.is_established, f.is_trusted, f.last_rating_at
        from erc8004_client_counts as f
        where f.agent_uuid = %(agent_uuid)s
          and f.voice is not null
        order by f.client_address
        limit %(most)s
      ) as u
      where not (u.net_usdc > 0 or u.is_trusted)
      order by u.client_address
      limit %(limit)s
    )
  ) as c
) as l
order by l.is_paid desc, l.weight desc, l.last_rating_at desc, l.client_address
limit %(limit)s;

-- name: get_course
-- Return how the newest feedback of an agent came, by month and by tag, as JSON: so many records at most.
with records as (
  select r.score, r.tag1, r.created_at
  from erc8004_reputation as r
  where r.agent_uuid = %(agent_uuid)s
    and not r.is_revoked
  order by r.created_at desc, r.id desc
  limit %(most)s
),
months as (
  select
    to_char(date_trunc('month', r.created_at at time zone 'UTC'), 'YYYY-MM') as month,
    count(r.created_at) as records,
    round(avg(r.score), 1)::float8 as average
  from records as r
  group by 1
  order by 1 desc
  limit 24
),
tags as (
  select
    left(coalesce(r.tag1, ''), 64) as tag,
    count(r.created_at) as records,
    round(avg(r.score), 1)::float8 as average
  from records as r
  group by 1
  order by 2 desc, 1
  limit 50
)
select
  (select count(r.created_at) from records as r) as records,
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object('month', m.month, 'records', m.records, 'average', m.average)
        order by m.month
      )
      from months as m
    ),
    '[]'
  ) as months,
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object('tag', t.tag, 'records', t.records, 'average', t.average)
        order by t.records desc, t.tag
      )
      from tags as t
    ),
    '[]'
  ) as tags;

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
