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

-- Return when a client first gave feedback to an agent, by one lookup in an index.
create or replace function erc8004_first_feedback_at(agent uuid, client text) returns timestamptz
language sql stable parallel safe
begin atomic
  select r.created_at
  from erc8004_reputation as r
  where r.agent_uuid = agent
    and r.client_address = client
  order by r.created_at, r.id
  limit 1;
end;

-- Return when a client last rated an agent, of the ratings that are not revoked.
create or replace function erc8004_last_rating_at(agent uuid, client text) returns timestamptz
language sql stable parallel safe
begin atomic
  select r.created_at
  from erc8004_reputation as r
  where r.agent_uuid = agent
    and r.client_address = client
    and not r.is_revoked
    and r.score is not null
    and not r.is_measurement
  order by r.created_at desc, r.id desc
  limit 1;
end;

-- Fold the feedback changes that this statement sees, or count the history that it sees instead; return
-- the agents whose counts changed. Whose ratings give a voice is decided by the owner and wallets with
-- which the agent was first counted, and by those of today if that is now.
create or replace function erc8004_fold_feedback(from_history boolean) returns setof uuid
language sql
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
  classed as (
    select
      t.agent_uuid,
      t.client_address,
      c.total_feedback,
      c.scored_feedback,
      c.score_sum,
      c.positive_feedback,
      c.negative_feedback,
      c.revoked_feedback,
      c.rating_count,
      c.rating_sum,
      t.created_at,
      t.client_address = any(
        coalesce(f.own_addresses, erc8004_addresses(a.owner_address, a.agent_wallet, m.value))
      ) as is_own,
      coalesce(
        t.created_at
        < case when f.own_addresses is null then a.owner_since else f.voices_since end,
        false
      ) as is_former
    from changes as t
    cross join lateral erc8004_feedback_contribution(
      t.sign, t.is_revoked, t.score, t.is_rating
    ) as c
    join erc8004_agents as a on a.id = t.agent_uuid
    left join erc8004_feedback_counts as f on f.agent_uuid = a.id
    left join erc8004_agent_metadata as m
      on m.agent_uuid = a.id
      and m.key = 'agentWallet'
      and a.source <> 'chain'
  ),
  by_client as materialized (
    select
      t.agent_uuid,
      t.client_address,
      sum(t.total_feedback) as total_feedback,
      sum(t.scored_feedback) as scored_feedback,
      sum(t.score_sum) as score_sum,
      sum(t.positive_feedback) as positive_feedback,
      sum(t.negative_feedback) as negative_feedback,
      sum(t.revoked_feedback) as revoked_feedback,
      coalesce(sum(t.rating_count) filter (where not t.is_own and not t.is_former), 0)
        as rating_count,
      coalesce(sum(t.rating_sum) filter (where not t.is_own and not t.is_former), 0) as rating_sum,
      coalesce(sum(t.rating_count) filter (where t.is_own), 0) as own_ratings,
      coalesce(sum(t.rating_count) filter (where t.is_former and not t.is_own), 0)
        as former_ratings,
      case
        when from_history then min(t.created_at)
        else erc8004_first_feedback_at(t.agent_uuid, t.client_address)
      end as first_feedback_at,
      case
        when from_history then max(t.created_at) filter (where t.rating_count > 0)
        else erc8004_last_rating_at(t.agent_uuid, t.client_address)
      end as last_rating_at
    from classed as t
    group by t.agent_uuid, t.client_address
  ),
  pairs as (
    insert into erc8004_pair_changes (agent_uuid, client_address)
    select b.agent_uuid, b.client_address
    from by_client as b
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
      b.positive_feedback, b.negative_feedback, b.revoked_feedback, b.rating_count, b.rating_sum,
      b.first_feedback_at, b.last_rating_at,
      -- From history, this spares the count of the evidence to update most of the rows.
      case
        when from_history
        then erc8004_voice(b.rating_sum::bigint, b.rating_count::bigint)
      end
    from by_client as b
    on conflict on constraint pk__erc8004_client_counts do update
    set
      total_feedback = c.total_feedback + excluded.total_feedback,
      scored_feedback = c.scored_feedback + excluded.scored_feedback,
      score_sum = c.score_sum + excluded.score_sum,
      positive_feedback = c.positive_feedback + excluded.positive_feedback,
      negative_feedback = c.negative_feedback + excluded.negative_feedback,
      revoked_feedback = c.revoked_feedback + excluded.revoked_feedback,
      rating_count = c.rating_count + excluded.rating_count,
      rating_sum = c.rating_sum + excluded.rating_sum,
      first_feedback_at = excluded.first_feedback_at,
      last_rating_at = excluded.last_rating_at
  ),
  by_agent as (
    select
      b.agent_uuid,
      sum(b.total_feedback) as total_feedback,
      sum(b.scored_feedback) as scored_feedback,
      sum(b.score_sum) as score_sum,
      sum(b.positive_feedback) as positive_feedback,
      sum(b.negative_feedback) as negative_feedback,
      sum(b.revoked_feedback) as revoked_feedback,
      sum(b.rating_count) as ratings,
      sum(b.own_ratings) as own_ratings,
      sum(b.former_ratings) as former_ratings,
      -- The counts before this fold: a statement does not see what its parts write.
      sum(
        (coalesce(c.total_feedback, 0) + b.total_feedback > 0)::int
        - (coalesce(c.total_feedback, 0) > 0)::int
      ) as unique_clients
    from by_client as b
    left join erc8004_client_counts as c using (agent_uuid, client_address)
    group by b.agent_uuid
  )
  insert into erc8004_feedback_counts as f (
    agent_uuid, total_feedback, scored_feedback, score_sum, positive_feedback,
    negative_feedback, revoked_feedback, unique_clients, last_feedback_at, ratings, own_ratings,
    former_ratings, own_addresses, voices_since
  )
  select
    b.agent_uuid, b.total_feedback, b.scored_feedback, b.score_sum, b.positive_feedback,
    b.negative_feedback, b.revoked_feedback, b.unique_clients,
    erc8004_last_feedback_at(b.agent_uuid), b.ratings, b.own_ratings, b.former_ratings,
    erc8004_own_addresses(b.agent_uuid), a.owner_since
  from by_agent as b
  join erc8004_agents as a on a.id = b.agent_uuid
  on conflict on constraint pk__erc8004_feedback_counts do update
  set
    total_feedback = f.total_feedback + excluded.total_feedback,
    scored_feedback = f.scored_feedback + excluded.scored_feedback,
    score_sum = f.score_sum + excluded.score_sum,
    positive_feedback = f.positive_feedback + excluded.positive_feedback,
    negative_feedback = f.negative_feedback + excluded.negative_feedback,
    revoked_feedback = f.revoked_feedback + excluded.revoked_feedback,
    unique_clients = f.unique_clients + excluded.unique_clients,
    last_feedback_at = excluded.last_feedback_at,
    ratings = f.ratings + excluded.ratings,
    own_ratings = f.own_ratings + excluded.own_ratings,
    former_ratings = f.former_ratings + excluded.former_ratings
  returning f.agent_uuid;
$$;
