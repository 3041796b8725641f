-- The feedback of one agent in other orders, or with limits of its score. Each list reads feedback
-- that is not revoked and, if asked for, revoked feedback up to the length of the page. Each direction is
-- a query of its own: an order by an expression of the direction would read all feedback of the agent.

-- part: groups
-- Whether the feedback to list is revoked: false, or both.
unnest(%(revoked)s::boolean[]) as g (is_revoked)

-- part: of_group
-- The feedback of one agent that is revoked, or that is not.
r.agent_uuid = %(agent_uuid)s
      and r.is_revoked = g.is_revoked

-- part: within
-- Whether a feedback has a score within the limits.
r.score >= coalesce(%(min_score)s::numeric, 0)
      and r.score <= coalesce(%(max_score)s::numeric, 100)

-- part: behind
-- Whether a feedback is newer than the cursor.
(
        %(after_id)s::uuid is null
        or (r.created_at, r.id) > (%(after_time)s::timestamptz, %(after_id)s::uuid)
      )

-- part: shown
-- The feedback of a page, each with ten responses.
{feedback.feedback},
  {feedback.responses}
from page
join erc8004_reputation as r on r.id = page.id
join erc8004_agents as a on a.id = r.agent_uuid
join erc8004_chains as c on c.name = r.chain

-- part: score_before
-- Whether a feedback has a score of the list and is older than the cursor. Limits of the score
-- instead of its value keep the planner from an index without it, in which those of a rare score
-- are far apart.
r.score >= g.score
      and (r.score, r.created_at, r.id) < (
        g.score,
        coalesce(%(after_time)s::timestamptz, 'infinity'),
        coalesce(%(after_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      )

-- part: score_behind
-- The same for a feedback that is newer than the cursor.
r.score <= g.score
      and (r.score, r.created_at, r.id) > (
        g.score,
        coalesce(%(after_time)s::timestamptz, '-infinity'),
        coalesce(%(after_id)s::uuid, '00000000-0000-0000-0000-000000000000')
      )

-- part: scores
-- The different scores of the feedback to list, from the lowest up, each found by the index after the one
-- before.
scores (is_revoked, score) as (
  select g.is_revoked, (
    select r.score
    from erc8004_reputation as r
    where {of_group}
      and {within}
    order by r.score
    limit 1
  )
  from {groups}
  union all
  select g.is_revoked, (
    select r.score
    from erc8004_reputation as r
    where {of_group}
      and r.score > g.score
      and {within}
    order by r.score
    limit 1
  )
  from scores as g
  where g.score is not null
)

-- name: list_oldest_first
-- Return the feedback of one agent, oldest first, from the row after the cursor.
with page as (
  select s.id, s.created_at
  from {groups}
  cross join lateral (
    select r.id, r.created_at
    from erc8004_reputation as r
    where {of_group}
      and (%(client_address)s::text is null or r.client_address = %(client_address)s)
      and (%(tag1)s::text is null or r.tag1 = %(tag1)s)
      and (%(tag2)s::text is null or r.tag2 = %(tag2)s)
      and (%(source)s::text is null or r.source = %(source)s)
      and {behind}
    order by r.created_at, r.id
    limit %(limit)s
  ) as s
  order by s.created_at, s.id
  limit %(limit)s
)
select
  {shown}
order by page.created_at, page.id;

-- name: list_highest_first
-- Return the feedback of one agent by score, highest first, newest first among equals, from the row
-- after the cursor; feedback without a score comes last, unless the score has limits.
with page as (
  select s.id, s.score, s.created_at
  from {groups}
  cross join lateral (
    (
      select r.id, r.score, r.created_at
      from erc8004_reputation as r
      where {of_group}
        and {within}
        and (
          %(after_id)s::uuid is null
          or (r.score, r.created_at, r.id)
            < (%(after_score)s::numeric, %(after_time)s::timestamptz, %(after_id)s::uuid)
        )
      order by r.score desc, r.created_at desc, r.id desc
      limit %(limit)s
    )
    union all
    (
      select r.id, r.score, r.created_at
      from erc8004_reputation as r
      where {of_group}
        and r.score is null
        and %(min_score)s::numeric is null
        and %(max_score)s::numeric is null
        and (
          %(after_score)s::numeric is not null
          or %(after_id)s::uuid is null
          or (r.created_at, r.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
        )
      order by r.score desc, r.created_at desc, r.id desc
      limit %(limit)s
    )
  ) as s
  order by s.score desc nulls last, s.created_at desc, s.id desc
  limit %(limit)s
)
select
  {shown}
order by page.score desc nulls last, page.created_at desc, page.id desc;

-- name: list_lowest_first
-- Return the feedback of one agent by score, lowest first, oldest first among equals, from the row
-- after the cursor; feedback without a score comes last, unless the score has limits.
with page as (
  select s.id, s.score, s.created_at
  from {groups}
  cross join lateral (
    (
      select r.id, r.score, r.created_at
      from erc8004_reputation as r
      where {of_group}
        and {within}
        and (
          %(after_id)s::uuid is null
          or (r.score, r.created_at, r.id)
            > (%(after_score)s::numeric, %(after_time)s::timestamptz, %(after_id)s::uuid)
        )
      order by r.score, r.created_at, r.id
      limit %(limit)s
    )
    union all
    (
      select r.id, r.score, r.created_at
      from erc8004_reputation as r
      where {of_group}
        and r.score is null
        and %(min_score)s::numeric is null
        and %(max_score)s::numeric is null
        and (%(after_score)s::numeric is not null or {behind})
      order by r.score, r.created_at, r.id
      limit %(limit)s
    )
  ) as s
  order by s.score nulls last, s.created_at, s.id
  limit %(limit)s
)
select
  {shown}
order by page.score nulls last, page.created_at, page.id;

-- name: list_scored_newest_first
-- Return the feedback of one agent with a score within limits, newest first, from the row after the
-- cursor. Of each score that was given, the index knows the newest; only the scores whose newest
-- are on the page can have more there. So the cost grows with the number of different scores, at
-- most 10,001, but not with that of the feedback.
with recursive {scores},
candidates as (
  select g.is_revoked, g.score
  from scores as g
  cross join lateral (
    select r.created_at, r.id
    from erc8004_reputation as r
    where {of_group}
      and {score_before}
    order by r.score desc, r.created_at desc, r.id desc
    limit 1
  ) as f
  order by f.created_at desc, f.id desc
  limit %(limit)s
),
page as (
  select s.id, s.created_at
  from candidates as g
  cross join lateral (
    select r.id, r.created_at
    from erc8004_reputation as r
    where {of_group}
      and {score_before}
    order by r.score desc, r.created_at desc, r.id desc
    limit %(limit)s
  ) as s
  order by s.created_at desc, s.id desc
  limit %(limit)s
)
select
  {shown}
order by page.created_at desc, page.id desc;

-- name: list_scored_oldest_first
-- Return the feedback of one agent with a score within limits, oldest first, from the row after the
-- cursor. Of each score that was given, the index knows the oldest; only the scores whose oldest
-- are on the page can have more there. So the cost grows with the number of different scores, at
-- most 10,001, but not with that of the feedback.
with recursive {scores},
candidates as (
  select g.is_revoked, g.score
  from scores as g
  cross join lateral (
    select r.created_at, r.id
    from erc8004_reputation as r
    where {of_group}
      and {score_behind}
    order by r.score, r.created_at, r.id
    limit 1
  ) as f
  order by f.created_at, f.id
  limit %(limit)s
),
page as (
  select s.id, s.created_at
  from candidates as g
  cross join lateral (
    select r.id, r.created_at
    from erc8004_reputation as r
    where {of_group}
      and {score_behind}
    order by r.score, r.created_at, r.id
    limit %(limit)s
  ) as s
  order by s.created_at, s.id
  limit %(limit)s
)
select
  {shown}
order by page.created_at, page.id;
