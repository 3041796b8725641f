-- The evidence and the score of one agent as of now: what is counted, and the changes not folded yet.

-- Return what the payments to one agent that are not folded yet add to the money of their payers.
create or replace function erc8004_payers_changed(agent uuid) returns table (
  client_address text,
  paid_usdc numeric
)
language sql stable
begin atomic
  select t.payer_address, sum(t.total_amount_usdc)
  from erc8004_payment_contributions as t
  join erc8004_chains as paid on paid.name = t.chain
  join erc8004_agents as a on a.id = t.agent_uuid
  join erc8004_chains as own on own.name = a.chain
  where t.agent_uuid = agent
    and t.payer_address is not null
    and paid.is_testnet <= own.is_testnet
  group by t.payer_address;
end;

-- Return the voices of one agent that the changes not folded yet take away (sign -1) and add (+1).
create or replace function erc8004_voices_changed(agent uuid) returns table (
  client_address text,
  sign integer,
  voice integer,
  net_usdc numeric,
  returned_usdc numeric,
  is_reciprocal boolean,
  is_established boolean,
  is_trusted boolean,
  rated_at timestamptz
)
language sql stable
begin atomic
  with owned as materialized (
    select
      coalesce(f.own_addresses, erc8004_own_addresses(a.id)) as own_addresses,
      case when f.own_addresses is null then a.owner_since else f.voices_since end as voices_since
    from erc8004_agents as a
    left join erc8004_feedback_counts as f on f.agent_uuid = a.id
    where a.id = agent
  ),
  parts as (
    select t.client_address, t.rating_count, t.rating_sum, 0::numeric as paid_usdc
    from erc8004_feedback_contributions as t
    cross join owned as o
    where t.agent_uuid = agent
      and t.client_address <> all(o.own_addresses)
      and (o.voices_since is null or t.created_at >= o.voices_since)
    union all
    select p.client_address, 0, 0::bigint, p.paid_usdc
    from erc8004_payers_changed(agent) as p
  ),
  changed as materialized (
    select
      p.client_address,
      sum(p.rating_count) as rating_count,
      sum(p.rating_sum) as rating_sum,
      sum(p.paid_usdc) as paid_usdc
    from parts as p
    group by p.client_address
  ),
  pairs as materialized (
    select
      p.client_address,
      c.voice as old_voice,
      c.net_usdc as old_net_usdc,
      c.returned_usdc as old_returned_usdc,
      c.is_reciprocal as was_reciprocal,
      c.is_established as was_established,
      c.is_trusted as was_trusted,
      erc8004_voice(
        (coalesce(c.rating_sum, 0) + p.rating_sum)::bigint,
        (coalesce(c.rating_count, 0) + p.rating_count)::bigint
      ) as voice,
      coalesce(c.paid_usdc, 0) + p.paid_usdc as paid_usdc,
      back.returned_usdc,
      mutual.is_reciprocal,
      coalesce(r.is_established, false) as is_established,
      coalesce(r.is_trusted, false) as is_trusted
    from changed as p
    cross join owned as o
    left join erc8004_client_counts as c
      on c.agent_uuid = agent and c.client_address = p.client_address
    left join erc8004_reviewers as r on r.client_address = p.client_address
    cross join lateral erc8004_returned_usdc(
      case when coalesce(c.paid_usdc, 0) + p.paid_usdc > 0 then o.own_addresses end,
      p.client_address
    ) as back
    cross join lateral erc8004_is_reciprocal(o.own_addresses, p.client_address) as mutual
  )
  select
    p.client_address, -1, p.old_voice, p.old_net_usdc, p.old_returned_usdc, p.was_reciprocal,
    p.was_established, p.was_trusted, null::timestamptz
  from pairs as p
  where p.old_voice is not null
  union all
  select
    p.client_address, 1, p.voice, greatest(p.paid_usdc - p.returned_usdc, 0), p.returned_usdc,
    p.is_reciprocal, p.is_established, p.is_trusted,
    erc8004_last_rating_at(agent, p.client_address)
  from pairs as p
  where p.voice is not null;
end;

-- Return the evidence of one agent: the rows of erc8004_evidence, with one more for each voice that is
-- not folded yet if these are asked for. The sums over them are the evidence.
create or replace function erc8004_evidence_of(agent uuid, with_changes boolean) returns table (
  is_established boolean,
  reviewers bigint,
  voices bigint,
  paying bigint,
  trusted bigint,
  reciprocal bigint,
  net_usdc numeric,
  returned_usdc numeric,
  weights numeric[],
  weighted_voices numeric[],
  voice_counts numeric[],
  paying_counts numeric[],
  rated_at timestamptz
)
language sql stable
begin atomic
  select
    e.is_established, e.reviewers, e.voices, e.paying, e.trusted, e.reciprocal, e.net_usdc,
    e.returned_usdc, e.weights, e.weighted_voices, e.voice_counts, e.paying_counts,
    null::timestamptz
  from erc8004_evidence as e
  where e.agent_uuid = agent
  union all
  select
    w.is_established,
    w.sign,
    w.sign * w.voice,
    case when w.net_usdc > 0 then w.sign else 0 end,
    case when w.is_trusted then w.sign else 0 end,
    case when w.is_reciprocal and not w.is_trusted then w.sign else 0 end,
    w.sign * w.net_usdc,
    w.sign * w.returned_usdc,
    array[
      w.sign * w.w1,
      w.sign * w.w2,
      w.sign * w.w3,
      w.sign * w.w4,
      w.sign * w.w5,
      w.sign * w.w6
    ]::numeric[],
    array[
      w.sign * w.w1 * w.voice,
      w.sign * w.w2 * w.voice,
      w.sign * w.w3 * w.voice,
      w.sign * w.w4 * w.voice,
      w.sign * w.w5 * w.voice,
      w.sign * w.w6 * w.voice
    ]::numeric[],
    array(
      select case when b.bin = erc8004_voice_bin(w.voice) then w.sign::numeric else 0 end
      from generate_series(1, 10) as b (bin)
      order by b.bin
    ),
    array(
      select
        case
          when b.bin = erc8004_voice_bin(w.voice) and w.net_usdc > 0 then w.sign::numeric else 0
        end
      from generate_series(1, 10) as b (bin)
      order by b.bin
    ),
    case when w.net_usdc > 0 or w.is_trusted then w.rated_at end
  from (
    select
      p.is_established,
      p.sign::bigint as sign,
      p.voice,
      p.net_usdc,
      p.returned_usdc,
      p.is_reciprocal,
      p.is_trusted,
      p.rated_at,
        erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[1]) as w1,
        erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[2]) as w2,
        erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[3]) as w3,
        erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[4]) as w4,
        erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[5]) as w5,
        erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[6]) as w6
    from erc8004_voices_changed(agent) as p
    where with_changes
  ) as w;
end;

-- Return how many records of one agent are ratings: those that give a voice, its own, and those of a
-- former owner's time; and when a paying or trusted reviewer last rated it.
create or replace function erc8004_ratings_of(agent uuid, with_changes boolean) returns table (
  ratings bigint,
  own_ratings bigint,
  former_ratings bigint,
  last_backed_at timestamptz
)
language sql stable
begin atomic
  with changed as (
    select
      t.rating_count,
      t.client_address = any(coalesce(f.own_addresses, erc8004_own_addresses(a.id))) as is_own,
      coalesce(
        t.created_at
        < case when f.own_addresses is null then a.owner_since else f.voices_since end,
        false
      ) as is_former
    from erc8004_feedback_contributions as t
    join erc8004_agents as a on a.id = t.agent_uuid
    left join erc8004_feedback_counts as f on f.agent_uuid = t.agent_uuid
    where with_changes
      and t.agent_uuid = agent
  ),
  parts as (
    select f.ratings, f.own_ratings, f.former_ratings, f.last_backed_at
    from erc8004_feedback_counts as f
    where f.agent_uuid = agent
    union all
    select
      case when not c.is_own and not c.is_former then c.rating_count else 0 end::bigint,
      case when c.is_own then c.rating_count else 0 end::bigint,
      case when c.is_former and not c.is_own then c.rating_count else 0 end::bigint,
      null::timestamptz
    from changed as c
  )
  select
    coalesce(sum(p.ratings), 0)::bigint,
    coalesce(sum(p.own_ratings), 0)::bigint,
    coalesce(sum(p.former_ratings), 0)::bigint,
    max(p.last_backed_at)
  from parts as p;
end;

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
