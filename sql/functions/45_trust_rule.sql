-- The rule by which feedback and payments become a score. Voices are in hundredths of a point, weights
-- and stakes in millionths of a USDC: integers, so that sums agree however they were added. The
-- constants are defined only here; whoever changes one, changes the version.

-- Return the version of the rule.
create or replace function erc8004_rule_version() returns integer
language sql immutable parallel safe
return 1;

-- Return the stakes at which evidence is stored: from 0.01 to 1,000 USDC.
create or replace function erc8004_stakes() returns bigint[]
language sql immutable parallel safe
return array[10000, 100000, 1000000, 10000000, 100000000, 1000000000]::bigint[];

-- Return the stake of the score that everybody sees: one USDC.
create or replace function erc8004_public_stake() returns bigint
language sql immutable parallel safe
return 1000000::bigint;

-- Return the number of imagined paying reviewers: four times the maximum weight of all unpaid reviewers, so
-- that no number of unpaid reviewers moves a score by half.
create or replace function erc8004_imagined_reviewers() returns numeric
language sql immutable parallel safe
return 2::numeric;

-- Return the number of imagined reviewers per paying reviewer, used if it gives more than that: without it,
-- the interval of an agent with many reviewers misses the true value too often.
create or replace function erc8004_imagined_share() returns numeric
language sql immutable parallel safe
return 0.125;

-- Return the mean voice of the imagined reviewers: the middle of the scale, because the average of all
-- agents could be bought.
create or replace function erc8004_imagined_score() returns numeric
language sql immutable parallel safe
return 50::numeric;

-- Return the high below which an agent is poor, and the middle that it needs to be good.
create or replace function erc8004_poor_high() returns numeric
language sql immutable parallel safe
return 60::numeric;

create or replace function erc8004_good_middle() returns numeric
language sql immutable parallel safe
return 70::numeric;

-- Return the limit that the weight of all unpaid voices together never reaches.
create or replace function erc8004_unpaid_most() returns numeric
language sql immutable parallel safe
return 0.5;

-- Return the number of unpaid voices that together have half of this weight.
create or replace function erc8004_half_unpaid() returns numeric
language sql immutable parallel safe
return 2::numeric;

-- Return the time after which a reviewer is no longer a newcomer.
create or replace function erc8004_newcomer_time() returns interval
language sql immutable parallel safe
return interval '30 days';

-- Return the number of owners whose agents a reviewer must rate to be no longer a newcomer.
create or replace function erc8004_newcomer_owners() returns integer
language sql immutable parallel safe
return 3;

-- Return whether a reviewer is no longer a newcomer.
create or replace function erc8004_is_established(
  owners integer, first_seen_at timestamptz, as_of timestamptz
) returns boolean
language sql immutable parallel safe
return owners >= erc8004_newcomer_owners()
  and coalesce(first_seen_at <= as_of - erc8004_newcomer_time(), false);

-- Return the time without a rating by a paying or trusted reviewer after which an agent is stale.
create or replace function erc8004_stale_time() returns interval
language sql immutable parallel safe
return interval '90 days';

-- Return the cost of forging one paid voice, in USDC: a record, a settlement, and the return of the money.
create or replace function erc8004_forged_voice_usdc() returns numeric
language sql immutable parallel safe
return 0.005;

-- Return the voice of a reviewer: the mean of the ratings, rounded half up; null without any.
create or replace function erc8004_voice(rating_sum bigint, rating_count bigint) returns integer
language sql immutable parallel safe
return case
  when rating_count > 0 then ((2 * rating_sum + rating_count) / (2 * rating_count))::integer
end;

-- Return the weight of a voice at a stake, at most the stake: the money that stayed with the agent.
create or replace function erc8004_weight(
  net_usdc numeric, is_reciprocal boolean, is_trusted boolean, stake bigint
) returns bigint
language sql immutable parallel safe
return case
  when is_trusted then stake
  when is_reciprocal then 0
  else trunc(least(net_usdc * 1000000, stake))::bigint
end;

-- Return the score of an agent at a stake, with its parts, from the sums over its established and its new
-- reviewers; null if nobody rated it. All new reviewers together count as less than one. Each figure is
-- divided once, so that a score at a threshold is exactly there. The offsets keep the planner from copying
-- each step into every later step that refers to it: planning would then take longer than computing.
create or replace function erc8004_trust_summary(
  stake bigint,
  established_reviewers numeric,
  established_voices numeric,
  established_weight numeric,
  established_weighted numeric,
  new_reviewers numeric,
  new_voices numeric,
  new_weight numeric,
  new_weighted numeric
) returns table (
  score numeric,
  middle numeric,
  low numeric,
  high numeric,
  backed numeric,
  backed_mean numeric,
  unpaid_reviewers numeric,
  unpaid_weight numeric,
  unpaid_mean numeric,
  effective_reviewers numeric
)
language sql immutable parallel safe
begin atomic
  select
    case when paid.is_rated then
      (erc8004_imagined_reviewers() * erc8004_imagined_score() + paid.said + unpaid.weighted)
      / (erc8004_imagined_reviewers() + paid.backed + unpaid.weight)
    end,
    case when paid.is_rated then
      (erc8004_imagined_reviewers() * erc8004_imagined_score() * 100 * stake + paid.weighted)
      / (100 * (erc8004_imagined_reviewers() * stake + paid.weight))
    end,
    case when paid.is_rated then paid.weighted / (100 * (paid.weight + paid.imagined)) end,
    case when paid.is_rated then
      (paid.weighted + 10000 * paid.imagined) / (100 * (paid.weight + paid.imagined))
    end,
    paid.backed,
    paid.weighted / nullif(100 * paid.weight, 0),
    unpaid.reviewers,
    unpaid.weight,
    unpaid.said / nullif(unpaid.reviewers, 0),
    paid.backed + unpaid.weight
  from (
    select
      established_reviewers + new_reviewers > 0 as is_rated,
      established_weight + new_weight as weight,
      established_weighted + new_weighted as weighted,
      (established_weight + new_weight) / stake as backed,
      (established_weighted + new_weighted) / (100 * stake) as said,
      greatest(
        erc8004_imagined_reviewers() * stake,
        erc8004_imagined_share() * (established_weight + new_weight)
      ) as imagined
    offset 0
  ) as paid
  cross join lateral (
    select
      shares.reviewers,
      shares.said,
      erc8004_unpaid_most() * shares.reviewers / (shares.reviewers + erc8004_half_unpaid())
        as weight,
      erc8004_unpaid_most() * shares.said / (shares.reviewers + erc8004_half_unpaid()) as weighted
    from (
      select
        rest.established + rest.new / (rest.new + erc8004_half_unpaid()) as reviewers,
        rest.established_said + rest.new_said / (rest.new + erc8004_half_unpaid()) as said
      from (
        select
          established_reviewers - established_weight / stake as established,
          new_reviewers - new_weight / stake as new,
          (established_voices - established_weighted / stake) / 100 as established_said,
          (new_voices - new_weighted / stake) / 100 as new_said
        offset 0
      ) as rest
      offset 0
    ) as shares
    offset 0
  ) as unpaid
  offset 0;
end;
