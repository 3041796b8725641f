-- name: get_by_agent
-- Return all statistics of one agent as of now, as the JSON of the answer, and the number of the refresh
-- that classed its reviewers.
select erc8004_stats_refresh_number() as refresh, answers.body
from erc8004_agent_stats_answers(array[%(agent_uuid)s::uuid]) as answers;

-- name: get_reputation
-- Return the reputation of one agent over all its feedback as of now, as the JSON of the answer.
select answer.body
from erc8004_reputation_answer(%(agent_uuid)s) as answer (body);

-- name: get_reputation_narrowed
-- Return the reputation of one agent over the feedback of the given clients and tags, as of now.
select
  a.id as agent_uuid,
  a.claimed,
  count(r.id) filter (where not r.is_revoked) as total_feedback,
  round(avg(r.score) filter (where not r.is_revoked), 2)::float8 as average_score,
  count(r.id) filter (where not r.is_revoked and erc8004_is_positive(r.score)) as positive_feedback,
  count(r.id) filter (where not r.is_revoked and erc8004_is_negative(r.score)) as negative_feedback,
  count(r.id) filter (where r.is_revoked) as revoked_feedback,
  count(r.id) filter (where not r.is_revoked and r.score is null) as unscored_feedback,
  count(distinct r.client_address) filter (where not r.is_revoked) as unique_clients,
  max(r.created_at) filter (where not r.is_revoked) as last_feedback_at,
  now() as as_of,
  (
    select b.projected_block
    from erc8004_chain_cursors as b
    where b.chain = a.chain
      and a.source = 'chain'
  ) as as_of_block
from erc8004_agents as a
left join erc8004_reputation as r
  on r.agent_uuid = a.id
  and (%(client_address)s::text[] is null or r.client_address = any(%(client_address)s::text[]))
  and (%(tag1)s::text is null or r.tag1 = %(tag1)s)
  and (%(tag2)s::text is null or r.tag2 = %(tag2)s)
  and (%(source)s::text is null or r.source = %(source)s)
where a.id = %(agent_uuid)s
group by a.id;

-- name: get_totals
-- Return the totals over all agents of the last refresh, and its age.
select
  lpad(f.id::text, 19, '0') as refresh,
  f.totals,
  f.began_at as as_of,
  f.ended_at as refreshed_at,
  f.fold_seconds,
  f.reputation_seconds,
  f.payment_seconds,
  f.search_seconds,
  extract(epoch from clock_timestamp() - f.began_at)::float8 as age_seconds
from erc8004_stats_refreshes as f
order by f.id desc
limit 1;

-- name: get_totals_by_chain
-- The totals of the last refresh with the id of each chain, and how old they are.
select
  f.totals || jsonb_build_object(
    'agents', (
      select coalesce(
        jsonb_agg(
          counted.agents
            || jsonb_build_object('chain_id', c.chain_id, 'caip2', 'eip155:' || c.chain_id)
          order by counted.place
        ),
        '[]'
      )
      from jsonb_array_elements(f.totals -> 'agents') with ordinality as counted (agents, place)
      join erc8004_chains as c on c.name = counted.agents ->> 'chain'
    )
  ) as totals,
  f.began_at as as_of,
  f.ended_at as refreshed_at,
  extract(epoch from clock_timestamp() - f.began_at)::float8 as age_seconds
from erc8004_stats_refreshes as f
order by f.id desc
limit 1;

-- name: get_newest
-- Return the identity of this database, and the number of its newest refresh.
select
  erc8004_database_identity() as database,
  erc8004_stats_refresh_number() as refresh;

-- name: refresh
-- Refresh every statistic; return false if another refresh is running.
select refresh_erc8004_stats(%(from_history)s) as refreshed;
