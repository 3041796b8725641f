-- name: list_by_agent
-- Return the feedback of one agent with a tag or by a client, by score or with limits of it, from
-- the row after the cursor, in the order of the lists in feedback_sorted.sql. It reads all feedback
-- of this agent with the tag or by the client.
with matching as (
  select
    r.id,
    o.direction,
    k.score is null as is_unscored,
    coalesce(k.score, 0) * o.direction as by_score,
    extract(epoch from r.created_at) * o.direction as by_time
  from erc8004_reputation as r
  cross join (
    select case when %(sort)s in ('score', 'created_at') then 1 else -1 end
  ) as o (direction)
  cross join lateral (
    select case when %(sort)s in ('score', '-score') then r.score end
  ) as k (score)
  where r.agent_uuid = %(agent_uuid)s
    and r.is_revoked = any (%(revoked)s::boolean[])
    and (%(client_address)s::text is null or r.client_address = %(client_address)s)
    and (%(tag1)s::text is null or r.tag1 = %(tag1)s)
    and (%(tag2)s::text is null or r.tag2 = %(tag2)s)
    and (%(source)s::text is null or r.source = %(source)s)
    and (%(min_score)s::numeric is null or r.score >= %(min_score)s)
    and (%(max_score)s::numeric is null or r.score <= %(max_score)s)
),
cursor as (
  select
    %(after_score)s::numeric is null as is_unscored,
    coalesce(%(after_score)s::numeric, 0) as score,
    extract(epoch from %(after_time)s::timestamptz) as moment
),
page as (
  select
    m.id,
    row_number() over (
      order by m.is_unscored, m.by_score, m.by_time,
        case m.direction when 1 then m.id end, case m.direction when -1 then m.id end desc
    ) as place
  from matching as m
  cross join cursor as f
  where %(after_id)s::uuid is null
    or (m.is_unscored, m.by_score, m.by_time)
      > (f.is_unscored, f.score * m.direction, f.moment * m.direction)
    or (
      (m.is_unscored, m.by_score, m.by_time)
        = (f.is_unscored, f.score * m.direction, f.moment * m.direction)
      and case m.direction when 1 then m.id > %(after_id)s::uuid else m.id < %(after_id)s::uuid end
    )
  order by place
  limit %(limit)s
)
select
  {feedback_sorted.shown}
order by page.place;
