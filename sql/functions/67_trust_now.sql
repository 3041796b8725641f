-- The score of an agent as of now.

-- Return the score of one agent at one of the stakes, by its place among them, and what it is made of.
create or replace function erc8004_trust_of(agent uuid, stake_place integer, with_changes boolean)
returns table (
  score numeric,
  middle numeric,
  low numeric,
  high numeric,
  backed numeric,
  backed_mean numeric,
  unpaid_reviewers numeric,
  unpaid_weight numeric,
  unpaid_mean numeric,
  effective_reviewers numeric,
  reviewers bigint,
  established_reviewers bigint,
  paying_reviewers bigint,
  trusted_reviewers bigint,
  reciprocal_reviewers bigint,
  net_usdc numeric,
  returned_usdc numeric,
  ratings bigint,
  own_ratings bigint,
  former_ratings bigint,
  last_backed_at timestamptz
)
language sql stable
begin atomic
  select
    s.score,
    s.middle,
    s.low,
    s.high,
    s.backed,
    s.backed_mean,
    s.unpaid_reviewers,
    s.unpaid_weight,
    s.unpaid_mean,
    s.effective_reviewers,
    (e.established + e.new)::bigint,
    e.established::bigint,
    e.paying::bigint,
    e.trusted::bigint,
    e.reciprocal::bigint,
    e.net_usdc,
    e.returned_usdc,
    r.ratings,
    r.own_ratings,
    r.former_ratings,
    greatest(r.last_backed_at, e.rated_at)
  from (
    select
      coalesce(sum(v.reviewers) filter (where v.is_established), 0) as established,
      coalesce(sum(v.voices) filter (where v.is_established), 0) as established_voices,
      coalesce(sum(v.weights[stake_place]) filter (where v.is_established), 0)
        as established_weight,
      coalesce(sum(v.weighted_voices[stake_place]) filter (where v.is_established), 0)
        as established_weighted,
      coalesce(sum(v.reviewers) filter (where not v.is_established), 0) as new,
      coalesce(sum(v.voices) filter (where not v.is_established), 0) as new_voices,
      coalesce(sum(v.weights[stake_place]) filter (where not v.is_established), 0) as new_weight,
      coalesce(sum(v.weighted_voices[stake_place]) filter (where not v.is_established), 0)
        as new_weighted,
      coalesce(sum(v.paying), 0) as paying,
      coalesce(sum(v.trusted), 0) as trusted,
      coalesce(sum(v.reciprocal), 0) as reciprocal,
      coalesce(sum(v.net_usdc), 0) as net_usdc,
      coalesce(sum(v.returned_usdc), 0) as returned_usdc,
      max(v.rated_at) as rated_at
    from erc8004_evidence_of(agent, with_changes) as v
  ) as e
  cross join lateral erc8004_trust_summary(
    (erc8004_stakes())[stake_place],
    e.established, e.established_voices, e.established_weight, e.established_weighted,
    e.new, e.new_voices, e.new_weight, e.new_weighted
  ) as s
  cross join erc8004_ratings_of(agent, with_changes) as r;
end;

-- Return the place of the public stake among those that are stored.
create or replace function erc8004_public_stake_place() returns integer
language sql immutable parallel safe
return array_position(erc8004_stakes(), erc8004_public_stake());

-- Store the scores of agents that are others now, and when a paying or trusted reviewer last rated them.
create or replace procedure erc8004_count_scores(agents uuid[])
language sql
begin atomic
  with scored as materialized (
    select
      f.agent_uuid,
      round(t.score, 12) as score,
      trunc(t.middle, 12) as score_middle,
      trunc(t.low, 12) as score_low,
      trunc(t.high, 12) as score_high,
      round(t.effective_reviewers, 12) as effective_reviewers,
      t.paying_reviewers,
      (
        select max(c.last_rating_at)
        from erc8004_client_counts as c
        where c.agent_uuid = f.agent_uuid
          and c.voice is not null
          and (c.net_usdc > 0 or c.is_trusted)
      ) as last_backed_at
    from unnest(agents) as counted (agent_uuid)
    join erc8004_feedback_counts as f using (agent_uuid)
    cross join lateral erc8004_trust_of(f.agent_uuid, erc8004_public_stake_place(), false) as t
  )
  update erc8004_feedback_counts as f
  set
    score = s.score,
    score_middle = s.score_middle,
    score_low = s.score_low,
    score_high = s.score_high,
    effective_reviewers = s.effective_reviewers,
    paying_reviewers = s.paying_reviewers,
    last_backed_at = s.last_backed_at
  from scored as s
  where f.agent_uuid = s.agent_uuid
    and (
      f.score, f.score_middle, f.score_low, f.score_high, f.effective_reviewers,
      f.paying_reviewers, f.last_backed_at
    ) is distinct from (
      s.score, s.score_middle, s.score_low, s.score_high, s.effective_reviewers,
      s.paying_reviewers, s.last_backed_at
    );
end;
