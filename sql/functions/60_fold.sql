-- The fold: delete the change rows and add them to the counts, in one statement. Only one fold runs
-- at a time, as the refresh holds a lock.
--
-- The bodies of the two folds are text instead of parsed SQL (begin atomic): pg_dump writes a
-- parsed body with two upserts in a form that cannot be restored.

-- Return when an agent last got feedback that is not revoked, by one lookup in an index.
create or replace function erc8004_last_feedback_at(agent uuid) returns timestamptz
language sql stable parallel safe
begin atomic
  select r.created_at
  from erc8004_reputation as r
  where r.agent_uuid = agent
    and not r.is_revoked
  order by r.created_at desc, r.id desc
  limit 1;
end;

-- Return when an agent last got a payment, by one lookup in an index.
create or replace function erc8004_last_payment_at(agent uuid) returns timestamptz
language sql stable parallel safe
begin atomic
  select p.created_at
  from erc8004_agent_payments as p
  where p.agent_uuid = agent
  order by p.created_at desc, p.id desc
  limit 1;
end;

-- Return when a client first gave feedback to an agent, by one lookup in an index. Whatever the planner
-- knows of the table, no other index has this order, and it may not sort: it would read all that the
-- agent was given, for each of its clients.
create or replace function erc8004_first_feedback_at(agent uuid, client text) returns timestamptz
language sql stable parallel safe
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
begin atomic
  select r.created_at
  from erc8004_reputation as r
  where r.agent_uuid = agent
    and r.client_address between client and client
  order by r.client_address, r.created_at, r.id
  limit 1;
end;

-- Return when a client last rated an agent, of the ratings that are not revoked.
create or replace function erc8004_last_rating_at(agent uuid, client text) returns timestamptz
language sql stable parallel safe
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
begin atomic
  select r.created_at
  from erc8004_reputation as r
  where r.agent_uuid = agent
    and r.client_address between client and client
    and not r.is_revoked
    and r.score is not null
    and not r.is_measurement
  order by r.client_address desc, r.created_at desc, r.id desc
  limit 1;
end;

-- Fold the feedback changes that this statement sees; or count the history that it sees instead, and write
-- the counts that differ. Return the agents whose counts changed. The owner and wallets with which the
-- agent was first counted decide whose ratings give a voice; if it is counted for the first time, its
-- current ones do. History is read only for rows that the changes removed.
create or replace function erc8004_fold_feedback(from_history boolean) returns setof uuid
language sql
set plan_cache_mode = force_custom_plan
set enable_mergejoin = off
as $$
  with deleted as (
    delete from erc8004_feedback_changes
    returning agent_uuid, client_address, sign, is_revoked, score, created_at, is_rating
  ),
  changes as (
    select
      d.agent_uuid, d.client_address, d.sign, d.is_revoked, d.score, d.created_at, d.is_rating
    from deleted as d
    where not from_history
    union all
    select
      r.agent_uuid, r.client_address, 1::smallint, r.is_revoked, r.score, r.created_at,
      r.score is not null and not r.is_measurement
    from erc8004_reputation as r
    where from_history
  ),
  by_client as materialized (
    select
      t.agent_uuid,
      t.client_address,
      sum(c.total_feedback) as total_feedback,
      sum(c.scored_feedback) as scored_feedback,
      sum(c.score_sum) as score_sum,
      sum(c.positive_feedback) as positive_feedback,
      sum(c.negative_feedback) as negative_feedback,
      sum(c.revoked_feedback) as revoked_feedback,
      sum(c.rating_count) as all_ratings,
      coalesce(sum(c.rating_count) filter (where not former.is_former), 0) as rating_count,
      coalesce(sum(c.rating_sum) filter (where not former.is_former), 0) as rating_sum,
      min(t.created_at) as first_feedback_at,
      max(t.created_at) filter (where c.total_feedback > 0) as last_feedback_at,
      max(t.created_at) filter (where c.rating_count > 0) as last_rating_at,
      bool_or(t.sign < 0) as is_less
    from changes as t
    cross join lateral erc8004_feedback_contribution(
      t.sign, t.is_revoked, t.score, t.is_rating
    ) as c
    join erc8004_agents as a on a.id = t.agent_uuid
    left join erc8004_feedback_counts as f on f.agent_uuid = a.id and not from_history
    cross join lateral (
      select coalesce(
        t.created_at
        < case when f.own_addresses is null then a.owner_since else f.voices_since end,
        false
      ) as is_former
    ) as former
    group by t.agent_uuid, t.client_address
  ),
  by_pair as materialized (
    select
      b.agent_uuid, b.client_address, b.total_feedback, b.scored_feedback, b.score_sum,
      b.positive_feedback, b.negative_feedback, b.revoked_feedback, b.all_ratings, b.rating_count,
      b.rating_sum, b.first_feedback_at, b.last_feedback_at, b.last_rating_at, b.is_less,
      b.client_address = any(coalesce(f.own_addresses, a.own_addresses)) as is_own
    from by_client as b
    join erc8004_agent_addresses as a using (agent_uuid)
    left join erc8004_feedback_counts as f on f.agent_uuid = b.agent_uuid and not from_history
  ),
  pairs as (
    insert into erc8004_pair_changes (agent_uuid, client_address)
    select b.agent_uuid, b.client_address
    from by_pair as b
    where not from_history
  ),
  clients as (
    insert into erc8004_client_counts as c (
      agent_uuid, client_address, total_feedback, scored_feedback, score_sum,
      positive_feedback, negative_feedback, revoked_feedback, rating_count, rating_sum,
      first_feedback_at, last_rating_at, voice
    )
    select
      b.agent_uuid, b.client_address, b.total_feedback, b.scored_feedback, b.score_sum,
      b.positive_feedback, b.negative_feedback, b.revoked_feedback, own.rating_count,
      own.rating_sum,
      case
        when from_history then b.first_feedback_at
        when b.is_less then erc8004_first_feedback_at(b.agent_uuid, b.client_address)
        else least(k.first_feedback_at, b.first_feedback_at)
      end,
      case
        when from_history then b.last_rating_at
        when b.is_less then erc8004_last_rating_at(b.agent_uuid, b.client_address)
        else greatest(k.last_rating_at, b.last_rating_at)
      end,
      -- From history, this spares the count of the evidence to update most of the new rows.
      case
        when from_history then erc8004_voice(own.rating_sum::bigint, own.rating_count::bigint)
      end
    from by_pair as b
    cross join lateral (
      select
        case when b.is_own then 0 else b.rating_count end as rating_count,
        case when b.is_own then 0 else b.rating_sum end as rating_sum
    ) as own
    left join erc8004_client_counts as k using (agent_uuid, client_address)
    where not from_history
      or (
        b.total_feedback, b.scored_feedback, b.score_sum, b.positive_feedback, b.negative_feedback,
        b.revoked_feedback, own.rating_count, own.rating_sum, b.first_feedback_at, b.last_rating_at
      ) is distinct from (
        k.total_feedback, k.scored_feedback, k.score_sum, k.positive_feedback, k.negative_feedback,
        k.revoked_feedback, k.rating_count, k.rating_sum, k.first_feedback_at, k.last_rating_at
      )
    on conflict on constraint pk__erc8004_client_counts do update
    set
      total_feedback = excluded.total_feedback + case when from_history then 0 else c.total_feedback end,
      scored_feedback = excluded.scored_feedback + case when from_history then 0 else c.scored_feedback end,
      score_sum = excluded.score_sum + case when from_history then 0 else c.score_sum end,
      positive_feedback = excluded.positive_feedback + case when from_history then 0 else c.positive_feedback end,
      negative_feedback = excluded.negative_feedback + case when from_history then 0 else c.negative_feedback end,
      revoked_feedback = excluded.revoked_feedback + case when from_history then 0 else c.revoked_feedback end,
      rating_count = excluded.rating_count + case when from_history then 0 else c.rating_count end,
      rating_sum = excluded.rating_sum + case when from_history then 0 else c.rating_sum end,
      first_feedback_at = excluded.first_feedback_at,
      last_rating_at = excluded.last_rating_at
  ),
  lost_clients as (
    update erc8004_client_counts as c
    set
      total_feedback = 0, scored_feedback = 0, score_sum = 0, positive_feedback = 0,
      negative_feedback = 0, revoked_feedback = 0, rating_count = 0, rating_sum = 0,
      first_feedback_at = null, last_rating_at = null
    where from_history
      and (
        c.total_feedback, c.scored_feedback, c.score_sum, c.positive_feedback, c.negative_feedback,
        c.revoked_feedback, c.rating_count, c.rating_sum, c.first_feedback_at, c.last_rating_at
      ) is distinct from (0, 0, 0, 0, 0, 0, 0, 0, null, null)
      and not exists (
        select
        from by_pair as b
        where b.agent_uuid = c.agent_uuid
          and b.client_address = c.client_address
      )
  ),
  by_agent as materialized (
    select
      b.agent_uuid,
      sum(b.total_feedback) as total_feedback,
      sum(b.scored_feedback) as scored_feedback,
      sum(b.score_sum) as score_sum,
      sum(b.positive_feedback) as positive_feedback,
      sum(b.negative_feedback) as negative_feedback,
      sum(b.revoked_feedback) as revoked_feedback,
      coalesce(sum(b.rating_count) filter (where not b.is_own), 0) as ratings,
      coalesce(sum(b.all_ratings) filter (where b.is_own), 0) as own_ratings,
      coalesce(sum(b.all_ratings - b.rating_count) filter (where not b.is_own), 0)
        as former_ratings,
      -- The counts before this fold: a statement does not see what its parts write.
      sum(
        (coalesce(c.total_feedback, 0) + b.total_feedback > 0)::int
        - (coalesce(c.total_feedback, 0) > 0)::int
      ) as unique_clients,
      max(b.last_feedback_at) as last_feedback_at,
      bool_or(b.is_less) as is_less
    from by_pair as b
    left join erc8004_client_counts as c
      on c.agent_uuid = b.agent_uuid
      and c.client_address = b.client_address
      and not from_history
    group by b.agent_uuid
  ),
  lost_agents as (
    delete from erc8004_feedback_counts as f
    where from_history
      and not exists (select from by_agent as b where b.agent_uuid = f.agent_uuid)
  )
  insert into erc8004_feedback_counts as f (
    agent_uuid, total_feedback, scored_feedback, score_sum, positive_feedback,
    negative_feedback, revoked_feedback, unique_clients, last_feedback_at, ratings, own_ratings,
    former_ratings, own_addresses, voices_since
  )
  select
    b.agent_uuid, b.total_feedback, b.scored_feedback, b.score_sum, b.positive_feedback,
    b.negative_feedback, b.revoked_feedback, b.unique_clients,
    case
      when from_history then b.last_feedback_at
      when b.is_less then erc8004_last_feedback_at(b.agent_uuid)
      else greatest(k.last_feedback_at, b.last_feedback_at)
    end,
    b.ratings, b.own_ratings, b.former_ratings, a.own_addresses, a.owner_since
  from by_agent as b
  join erc8004_agent_addresses as a using (agent_uuid)
  left join erc8004_feedback_counts as k using (agent_uuid)
  where not from_history
    or (
      b.total_feedback, b.scored_feedback, b.score_sum, b.positive_feedback, b.negative_feedback,
      b.revoked_feedback, b.unique_clients, b.last_feedback_at, b.ratings, b.own_ratings,
      b.former_ratings, a.own_addresses, a.owner_since
    ) is distinct from (
      k.total_feedback, k.scored_feedback, k.score_sum, k.positive_feedback, k.negative_feedback,
      k.revoked_feedback, k.unique_clients, k.last_feedback_at, k.ratings, k.own_ratings,
      k.former_ratings, k.own_addresses, k.voices_since
    )
  on conflict on constraint pk__erc8004_feedback_counts do update
  set
    total_feedback = excluded.total_feedback + case when from_history then 0 else f.total_feedback end,
    scored_feedback = excluded.scored_feedback + case when from_history then 0 else f.scored_feedback end,
    score_sum = excluded.score_sum + case when from_history then 0 else f.score_sum end,
    positive_feedback = excluded.positive_feedback + case when from_history then 0 else f.positive_feedback end,
    negative_feedback = excluded.negative_feedback + case when from_history then 0 else f.negative_feedback end,
    revoked_feedback = excluded.revoked_feedback + case when from_history then 0 else f.revoked_feedback end,
    unique_clients = excluded.unique_clients + case when from_history then 0 else f.unique_clients end,
    ratings = excluded.ratings + case when from_history then 0 else f.ratings end,
    own_ratings = excluded.own_ratings + case when from_history then 0 else f.own_ratings end,
    former_ratings = excluded.former_ratings + case when from_history then 0 else f.former_ratings end,
    last_feedback_at = excluded.last_feedback_at,
    own_addresses = case when from_history then excluded.own_addresses else f.own_addresses end,
    voices_since = case when from_history then excluded.voices_since else f.voices_since end
  returning f.agent_uuid;
$$;
